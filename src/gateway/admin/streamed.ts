import type { Clock } from '../../system/clock.js';

/** Lines are sent when so many characters have come together, or after so long, ms. */
const ENOUGH = 16 * 1024;
const LONG_MS = 5_000;

/**
 * The body of an answer of lines, made as they are read. While none comes empty ones are sent, so that nothing on the way takes the answer for dead.
 *
 * @param open is given a signal that aborts when the reader has left
 */
export function streamed(
  open: (signal: AbortSignal) => AsyncGenerator<string>,
  clock: Clock,
): ReadableStream<Uint8Array> {
  const left = new AbortController();
  const lines = new Lines(open(left.signal), clock);
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { text, isOver } = await lines.next();
      if (text !== '') controller.enqueue(Buffer.from(text));
      if (isOver) controller.close();
    },
    cancel: (reason) => left.abort(reason),
  });
}

interface Gathered {
  readonly text: string;
  readonly isOver: boolean;
}

/** Lines, as many at a time as come soon. */
class Lines {
  #coming: Promise<IteratorResult<string>> | undefined;

  constructor(
    private readonly lines: AsyncGenerator<string>,
    private readonly clock: Clock,
  ) {}

  async next(): Promise<Gathered> {
    const done = new AbortController();
    const late = this.clock.sleep(LONG_MS, done.signal).then(
      () => undefined,
      () => undefined,
    );
    try {
      return await this.#gather(late);
    } finally {
      done.abort();
    }
  }

  async #gather(late: Promise<undefined>): Promise<Gathered> {
    let text = '';
    while (text.length < ENOUGH) {
      this.#coming ??= this.lines.next();
      const came = await Promise.race([this.#coming, late]);
      if (!came) return { text: text === '' ? '\n' : text, isOver: false };
      this.#coming = undefined;
      if (came.done) return { text, isOver: true };
      text += `${came.value}\n`;
    }
    return { text, isOver: false };
  }
}
