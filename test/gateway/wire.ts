import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect } from 'vitest';
import { sign, type TestGateway } from './harness.js';

export interface WireAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** A connection that sends what it is told, byte for byte, and keeps what comes back. */
export class Wire {
  readonly #socket: Socket;
  #text = '';
  /** Resolves when the other side has closed the connection, cleanly or not. */
  readonly closed: Promise<unknown>;

  private constructor(port: number) {
    this.#socket = connect(port, '127.0.0.1').setEncoding('latin1');
    this.#socket.on('data', (text: string) => {
      this.#text += text;
    });
    this.#socket.on('error', () => undefined);
    this.closed = once(this.#socket, 'close');
  }

  static async open({ port }: Pick<TestGateway, 'port'>): Promise<Wire> {
    const wire = new Wire(port);
    await once(wire.#socket, 'connect');
    return wire;
  }

  send(bytes: string): this {
    this.#socket.write(bytes, 'latin1');
    return this;
  }

  /** Ends this side of the connection. */
  end(): this {
    this.#socket.end();
    return this;
  }

  /** Cuts the connection. */
  cut(): void {
    this.#socket.resetAndDestroy();
  }

  get isClosed(): boolean {
    return this.#socket.readyState !== 'open';
  }

  /** Everything that came back so far. */
  get text(): string {
    return this.#text;
  }

  /** The answers so far, each with its whole content. */
  get answers(): WireAnswer[] {
    const answers: WireAnswer[] = [];
    for (let rest = this.#text; ; ) {
      const parsed = parseAnswer(rest);
      if (!parsed) return answers;
      answers.push(parsed.answer);
      rest = parsed.rest;
    }
  }

  /** Waits until that many answers are there. */
  async until(count: number): Promise<WireAnswer[]> {
    await expect.poll(() => this.answers.length, { timeout: 10_000 }).toBeGreaterThanOrEqual(count);
    return this.answers;
  }
}

function parseAnswer(text: string): { answer: WireAnswer; rest: string } | undefined {
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const [statusLine = '', ...lines] = text.slice(0, headEnd).split('\r\n');
  const headers = Object.fromEntries(lines.map(fieldOf));
  const contentAt = headEnd + 4;
  const contentEnd = contentAt + Number(headers['content-length'] ?? 0);
  if (text.length < contentEnd) return undefined;
  const answer = {
    status: Number(statusLine.split(' ')[1]),
    headers,
    text: text.slice(contentAt, contentEnd),
  };
  return { answer, rest: text.slice(contentEnd) };
}

function fieldOf(line: string): [name: string, value: string] {
  const colon = line.indexOf(':');
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
}

export interface Head {
  readonly method?: string;
  readonly target: string;
  /** Fields that are signed along. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Further lines, as they stand. */
  readonly lines?: readonly string[];
  readonly version?: string;
}

/** The head of a request that root has signed, its body unsigned unless its headers say otherwise. */
export function signedHead({ port }: Pick<TestGateway, 'port'>, head: Head): string {
  const { method = 'PUT', target, headers = {}, lines = [], version = 'HTTP/1.1' } = head;
  const fields = {
    host: `127.0.0.1:${port}`,
    'x-amz-content-sha256': 'UNSIGNED-PAYLOAD',
    ...headers,
  };
  const signed = { ...fields, ...sign({ method, target, headers: fields }) };
  const written = Object.entries(signed).map(([name, value]) => `${name}: ${value}`);
  return [`${method} ${target} ${version}`, ...written, ...lines, '', ''].join('\r\n');
}
