import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';

export interface Ask {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Buffer;
  /** What is expected; 200 if it is left out. */
  readonly status?: number;
}

export interface Answer {
  readonly body: Buffer;
  /** From the request to the first bytes of the answer's body; without any to the end of the answer. */
  readonly firstByteMs: number;
  /** From the request to the end of the answer. */
  readonly ms: number;
}

const DEADLINE_MS = 60_000;

/** Asks over one connection to each server, which it keeps. */
export class Client {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });

  /** @throws Error when there is no answer within a minute, or one with another status */
  async ask({ url, method, headers, body, status = 200 }: Ask): Promise<Answer> {
    const begun = performance.now();
    const length = body && { 'content-length': String(body.length) };
    const signal = AbortSignal.timeout(DEADLINE_MS);
    const outgoing = request(url, { method, headers: { ...headers, ...length }, agent: this.#agent, signal });
    outgoing.end(body);
    const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
    const chunks: Buffer[] = [];
    let firstByteMs: number | undefined;
    for await (const chunk of incoming as AsyncIterable<Buffer>) {
      firstByteMs ??= performance.now() - begun;
      chunks.push(chunk);
    }
    const ms = performance.now() - begun;
    const answer = Buffer.concat(chunks);
    if (incoming.statusCode !== status)
      throw new Error(`${method} ${url}: ${incoming.statusCode} ${answer.toString()}`);
    return { body: answer, ms, firstByteMs: firstByteMs ?? ms };
  }

  close(): void {
    this.#agent.destroy();
  }
}
