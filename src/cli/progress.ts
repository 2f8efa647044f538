import type { Io } from './io.js';

/** Where what is watched is shown. */
export interface Display<T> {
  /** Rather than for programs. */
  readonly isForReaders: boolean;
  show(seen: T): void;
  /** Leaves the terminal as it was. */
  close(): void;
}

/** What a bar shows of what is watched. */
export interface BarOf<T> {
  /** From 0 to 1. */
  share(seen: T): number;
  /** Beside the bar: what matters most comes first, for a narrow terminal cuts it off. */
  text(seen: T): string;
}

/** A bar on a terminal, or one JSON line for each change. */
export async function openDisplay<T>(
  bar: BarOf<T>,
  io: Io,
  asJson: boolean | undefined,
): Promise<Display<T>> {
  return io.stdout.isTTY && !asJson ? openBar(bar, io) : lines(io);
}

function lines({ stdout }: Io): Display<unknown> {
  let last: string | undefined;
  return {
    isForReaders: false,
    show(seen) {
      const line = JSON.stringify(seen);
      if (line !== last) stdout.write(`${line}\n`);
      last = line;
    },
    close: () => undefined,
  };
}

/** The bar has its parts from what is watched, not from counts of its own: what is done may become less. */
async function openBar<T>({ share, text: textOf }: BarOf<T>, { stdout }: Io): Promise<Display<T>> {
  // Of a CommonJS module only this is sure to be there.
  const { SingleBar, Format } = (await import('cli-progress')).default;
  const bar = new SingleBar({
    stream: stdout,
    // Signals are the command's affair.
    gracefulExit: false,
    hideCursor: true,
    linewrap: true,
    barsize: 24,
    format: (options, params, { text = '' }: { text?: string }) =>
      `[${Format.BarFormat(params.progress, options)}] ${text}`,
  });
  let isOpen = false;
  return {
    isForReaders: true,
    show(seen) {
      const { value, text } = { value: share(seen), text: textOf(seen) };
      if (isOpen) bar.update(value, { text });
      else bar.start(1, value, { text });
      isOpen = true;
    },
    close() {
      if (isOpen) bar.stop();
    },
  };
}
