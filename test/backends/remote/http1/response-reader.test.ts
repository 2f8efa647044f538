import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FieldLines } from '../../../../src/backends/remote/http1/handler.js';
import { BadResponse } from '../../../../src/backends/remote/http1/http-errors.js';
import { ResponseReader } from '../../../../src/backends/remote/http1/response-reader.js';

interface Answer {
  readonly status: number;
  readonly fields: FieldLines;
  readonly content: string;
  readonly keepsAlive: boolean;
  readonly idleSeconds: number | undefined;
}

/** The answers that were read to their ends, to requests of these methods one after the other. */
class Reading {
  readonly answers: Answer[] = [];
  readonly #methods: string[];
  #head: Pick<Answer, 'status' | 'fields'> | undefined;
  #content = '';
  readonly #reader = new ResponseReader({
    onHead: (status, fields) => {
      this.#head = { status, fields };
      this.#content = '';
    },
    onData: (chunk) => {
      expect(chunk.length).toBeGreaterThan(0);
      this.#content += chunk.toString('latin1');
    },
    onEnd: (end) => {
      if (!this.#head) throw new Error('an end without a head');
      this.answers.push({ ...this.#head, ...end, content: this.#content });
      this.#head = undefined;
      this.#expectNext();
    },
  });

  constructor(methods: readonly string[]) {
    this.#methods = [...methods];
    this.#expectNext();
  }

  /** The memory of each piece is written over when it has been read. */
  read(...pieces: readonly string[]): this {
    for (const piece of pieces) {
      const bytes = Buffer.from(piece, 'latin1');
      this.#reader.read(bytes);
      bytes.fill('!');
    }
    return this;
  }

  close(): this {
    this.#reader.close();
    return this;
  }

  #expectNext(): void {
    const method = this.#methods.shift();
    if (method !== undefined) this.#reader.expect(method);
  }
}

const read = (...pieces: string[]) => new Reading(['GET']).read(...pieces);

interface Made {
  readonly method: string;
  readonly text: string;
  readonly answer: Answer;
}

const latin1 = (maxLength: number) =>
  fc.uint8Array({ maxLength }).map((bytes) => Buffer.from(bytes).toString('latin1'));
const space = fc.constantFrom('', ' ', '\t', ' \t ');
const extension = fc.constantFrom('', ';a=b', ' ;name="va;lue"');
const upperAndLower = (text: string) =>
  fc.mixedCase(fc.constant(text), { toggleCase: (character) => character.toUpperCase() });

const chunked = (pieces: readonly string[], extensions: readonly string[], trailer: string) =>
  pieces.map((piece, i) => `${piece.length.toString(16)}${extensions[i] ?? ''}\r\n${piece}\r\n`).join('') +
  `0\r\n${trailer}\r\n`;

const field = fc
  .tuple(
    fc.stringMatching(/^x-[a-z0-9]{1,8}$/),
    space,
    fc.stringMatching(/^([\x21-\x7e\x80-\xff]([\x20-\x7e\x80-\xff\t]{0,30}[\x21-\x7e\x80-\xff])?)?$/),
    space,
  )
  .map(([name, before, value, after]) => ({ name, value, line: `${name}:${before}${value}${after}\r\n` }));
const own = fc.uniqueArray(field, { selector: ({ name }) => name, maxLength: 4 });
const interim = fc.constantFrom(
  '',
  'HTTP/1.1 100 Continue\r\n\r\n',
  'HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\ncontent-length: 7\r\n\r\n',
);

/** The framing that a made-up answer has, and what is read of it. */
const framed = fc.oneof(
  latin1(300).map((content) => ({
    method: 'GET',
    status: 200,
    name: 'content-length',
    value: String(content.length),
    content,
    body: content,
  })),
  fc
    .tuple(
      fc.array(
        latin1(200).filter((piece) => piece !== ''),
        { maxLength: 4 },
      ),
      fc.array(extension, { maxLength: 4 }),
      fc.constantFrom('', 'x-amz-checksum-crc32: AAAA\r\n', 'a: b\r\nc: d\r\n'),
    )
    .map(([pieces, extensions, trailer]) => ({
      method: 'GET',
      status: 200,
      name: 'transfer-encoding',
      value: 'chunked',
      content: pieces.join(''),
      body: chunked(pieces, extensions, trailer),
    })),
  fc.constantFrom(['HEAD', 200] as const, ['GET', 304] as const).map(([method, status]) => ({
    method,
    status,
    name: 'content-length',
    value: '1000',
    content: '',
    body: '',
  })),
  fc.constant({ method: 'DELETE', status: 204, name: 'date', value: 'today', content: '', body: '' }),
);

const made: fc.Arbitrary<Made> = framed.chain(({ method, status, name, value, content, body }) =>
  fc
    .record({ written: upperAndLower(name), own, interim, keepsAlive: fc.boolean() })
    .map(({ written, own, interim, keepsAlive }) => {
      const connection = keepsAlive ? 'keep-alive' : 'close';
      const lines = own.map(({ line }) => line).join('');
      const head = `HTTP/1.1 ${status} Whatever\r\n${lines}${written}: ${value}\r\nConnection: ${connection}\r\n\r\n`;
      const fields = {
        ...Object.fromEntries(own.map(({ name, value }) => [name, value])),
        [name]: value,
        connection,
      };
      const answer = { status, fields, content, keepsAlive, idleSeconds: undefined };
      return { method, text: interim + head + body, answer };
    }),
);

/** Cut in pieces of these lengths, again and again. */
function cut(text: string, lengths: readonly number[]): string[] {
  const pieces: string[] = [];
  for (let at = 0, i = 0; at < text.length; i++) {
    const length = lengths[i % lengths.length] ?? 1;
    pieces.push(text.slice(at, at + length));
    at += length;
  }
  return pieces;
}

describe('answers one after the other', () => {
  it('are what was sent, wherever they are cut', () => {
    fc.assert(
      fc.property(
        fc.array(made, { minLength: 1, maxLength: 4 }),
        fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 20 }),
        (all, lengths) => {
          const methods = all.map(({ method }) => method);
          const text = all.map(({ text }) => text).join('');
          const answers = all.map(({ answer }) => answer);
          expect(new Reading(methods).read(text).close().answers).toEqual(answers);
          expect(new Reading(methods).read(...cut(text, lengths)).close().answers).toEqual(answers);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it('may each come byte by byte', () => {
    fc.assert(
      fc.property(made, ({ method, text, answer }) => {
        expect(new Reading([method]).read(...text).answers).toEqual([answer]);
      }),
    );
  });

  it('are none where nothing was asked', () => {
    const ok = 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n';
    expect(() => read(ok + ok)).toThrow(BadResponse);
    expect(() => new Reading([]).read('H')).toThrow(BadResponse);
    expect(() => new Reading(['HEAD']).read('HTTP/1.1 404 No\r\ncontent-length: 1\r\n\r\nx')).toThrow(
      BadResponse,
    );
  });
});

describe('an answer', () => {
  it('that says no length ends with the connection, which is not used again', () => {
    const reading = read('HTTP/1.1 200 OK\r\n\r\nto the', ' end');
    expect(reading.answers).toEqual([]);
    expect(reading.close().answers).toMatchObject([{ content: 'to the end', keepsAlive: false }]);
  });

  it.each([
    ['HTTP/1.1 200 OK', true],
    ['HTTP/1.1 200 OK\r\nConnection: Close', false],
    ['HTTP/1.1 200 OK\r\nConnection: x-own\r\nConnection: close', false],
    ['HTTP/1.0 200 OK', false],
    ['HTTP/1.0 200 OK\r\nConnection: Keep-Alive', true],
  ])('that begins %j keeps the connection: %s', (head, keepsAlive) => {
    expect(read(`${head}\r\ncontent-length: 0\r\n\r\n`).answers).toMatchObject([{ keepsAlive }]);
  });

  it.each([
    ['timeout=5', 5],
    ['timeout=5, max=100', 5],
    ['max=100, Timeout=30', 30],
    ['max=100', undefined],
    ['x-timeout=5', undefined],
  ])('with Keep-Alive: %s is of a connection that may be idle for %s seconds', (value, idleSeconds) => {
    const { answers } = read(`HTTP/1.1 200 OK\r\ncontent-length: 0\r\nkeep-alive: ${value}\r\n\r\n`);
    expect(answers).toMatchObject([{ idleSeconds }]);
  });

  it('has all lines of a field that came more than once', () => {
    const { answers } = read('HTTP/1.1 204 No\r\nVary: a\r\nvary:\r\nVARY: b\r\nconstructor: c\r\n\r\n');
    expect(answers[0]?.fields).toEqual({ vary: ['a', '', 'b'], constructor: 'c' });
  });

  it('keeps every byte of a value that is UTF-8, also one that Unicode has as a space', () => {
    const value = Buffer.from('voilà', 'utf8').toString('latin1');
    expect(value.endsWith('\xa0')).toBe(true);
    const { answers } = read(`HTTP/1.1 204 No\r\nx-amz-meta-said: \t${value} \t\r\n\r\n`);
    expect(answers[0]?.fields).toEqual({ 'x-amz-meta-said': value });
  });

  it('has no prototype that a backend could name', () => {
    const { answers } = read('HTTP/1.1 204 No\r\n__proto__: a\r\n__proto__: b\r\nx: y\r\n\r\n');
    expect(answers[0]?.fields).toEqual({ x: 'y' });
    expect(Object.getPrototypeOf(answers[0]?.fields)).toBe(Object.prototype);
  });
});

const ok = (lines: string, content = '') => `HTTP/1.1 200 OK\r\n${lines}\r\n\r\n${content}`;
const inChunks = (content: string) => ok('transfer-encoding: chunked', content);

describe('what is refused', () => {
  it.each([
    ['another protocol', 'SSH-2.0-OpenSSH\r\n'],
    ['HTTP/2', 'HTTP/2 200 OK\r\n\r\n'],
    ['HTTP/1.2', 'HTTP/1.2 200 OK\r\n\r\n'],
    ['no status', 'HTTP/1.1\r\n\r\n'],
    ['a status of two digits', 'HTTP/1.1 20 OK\r\n\r\n'],
    ['a status of four digits', 'HTTP/1.1 2000 OK\r\n\r\n'],
    ['a status below 100', 'HTTP/1.1 099 OK\r\n\r\n'],
    ['a switched protocol', 'HTTP/1.1 101 Switching\r\nupgrade: h2c\r\n\r\n'],
    ['a field without a name', ok(': value')],
    ['a field without a colon', ok('content-length 5')],
    ['a space before the colon', ok('content-length : 5', 'hello')],
    ['a folded line', ok('x: a\r\n b: c')],
    ['a name that is no token', ok('x y: z')],
    ['a NUL in a value', ok('x: a\0b')],
    ['a bare line feed in a value', ok('x: a\ncontent-length: 5', 'hello')],
    ['a bare carriage return in a value', ok('x: a\rb')],
    ['a length that is negative', ok('content-length: -1')],
    ['a length with a sign', ok('content-length: +5', 'hello')],
    ['a length in hexadecimal', ok('content-length: 0x5', 'hello')],
    ['a length that is empty', ok('content-length:')],
    ['a length beyond what can be counted', ok('content-length: 9007199254740993')],
    ['two lengths', ok('content-length: 5\r\ncontent-length: 6', 'hello!')],
    ['the same length twice', ok('content-length: 5\r\ncontent-length: 5', 'hello')],
    ['a list of lengths', ok('content-length: 5, 5', 'hello')],
    ['a length and chunks', ok('content-length: 5\r\ntransfer-encoding: chunked', '0\r\n\r\n')],
    ['another coding', ok('transfer-encoding: gzip, chunked', '0\r\n\r\n')],
    ['chunks in chunks', ok('transfer-encoding: chunked\r\ntransfer-encoding: chunked', '0\r\n\r\n')],
    ['a chunk without a size', inChunks('\r\nhello')],
    ['a chunk with a negative size', inChunks('-5\r\nhello')],
    ['a chunk whose size has a prefix', inChunks('0x5\r\nhello')],
    ['a chunk of too large a size', inChunks('fffffffffffff\r\n')],
    ['a bare line feed after the size of a chunk', inChunks('5\nhello\r\n0\r\n\r\n')],
    ['a line feed in the extension of a chunk', inChunks('5;a\nb\r\nhello\r\n')],
    ['a chunk longer than its size', inChunks('4\r\nhello\r\n0\r\n\r\n')],
  ])('is %s', (_, text) => {
    expect(() => read(text)).toThrow(BadResponse);
    expect(() => read(...text)).toThrow(BadResponse);
  });

  it.each([
    ['a head of 64 KiB and more', ok(`x: ${'y'.repeat(64 * 1024)}`)],
    ['a chunk’s size with an endless extension', inChunks(`5;${'x'.repeat(5_000)}\r\nhello`)],
    ['an endless trailer field', inChunks(`0\r\nx: ${'y'.repeat(5_000)}\r\n\r\n`)],
    ['an endless line after a chunk', inChunks(`1\r\nx${'y'.repeat(5_000)}`)],
  ])('is %s, also before it has come whole', (_, text) => {
    expect(() => read(text)).toThrow(BadResponse);
    expect(() => read(...cut(text.slice(0, -4), [1_000]))).toThrow(BadResponse);
  });

  it.each([
    ['nothing', ''],
    ['a part of the head', 'HTTP/1.1 200 OK\r\ncontent-le'],
    ['an interim answer alone', 'HTTP/1.1 100 Continue\r\n\r\n'],
    ['less than the length', ok('content-length: 5', 'hell')],
    ['a part of a chunk', inChunks('5\r\nhell')],
    ['a chunk without its end', inChunks('5\r\nhello')],
    ['chunks without a last one', inChunks('5\r\nhello\r\n')],
    ['no end of the trailer', inChunks('0\r\n')],
    ['a trailer field and no end', inChunks('0\r\na: b\r\n')],
  ])('is a connection that is closed after %s', (_, text) => {
    const reading = read(text);
    expect(() => reading.close()).toThrow(BadResponse);
    expect(reading.answers).toEqual([]);
  });
});
