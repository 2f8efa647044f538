import type { Socket } from 'node:net';
import { finished, type Readable } from 'node:stream';
import { passOn } from '../../../s3/body.js';
import type { S3Body } from '../../../s3/message.js';
import type { Times } from '../../../system/times.js';
import type { Controller, FieldLines, HttpRequest, ResponseHandler } from './handler.js';
import { BadResponse, SilentBackend, UnsendableRequest } from './http-errors.js';
import { announcedLength, requestHead } from './request-head.js';
import { type ResponseEvents, ResponseReader } from './response-reader.js';

/** A body of this many bytes at most is sent by the same system call as its head. */
const SENT_WITH_HEAD_BYTES = 64 * 1024;
/** Idle connections that do not say otherwise are closed after this time, and others this much before the other side does. */
const IDLE_MS = 4_000;
const CLOSED_BEFORE_MS = 2_000;
const LONGEST_IDLE_MS = 600_000;

export interface ConnectionOptions extends Pick<Times, 'firstByteMs' | 'idleMs'> {
  /** It can serve another request, from a later turn on. */
  readonly onFree: (connection: Connection) => void;
  readonly onClose: (connection: Connection) => void;
}

/** One request and its answer, on the connection that it has to itself until both have ended. */
class Turn implements Controller {
  hasHead = false;
  /** Whether the request has been sent to its end. */
  isSent = false;
  isPaused = false;

  constructor(
    readonly request: HttpRequest,
    readonly handler: ResponseHandler,
    private readonly connection: Connection,
  ) {}

  abort(reason: Error): void {
    this.connection.abort(this, reason);
  }

  pause(): void {
    this.connection.pause(this);
  }

  resume(): void {
    this.connection.resume(this);
  }
}

/** One HTTP/1.1 connection. Requests go over it one after the other, each at most once. */
export class Connection implements ResponseEvents {
  readonly #socket: Socket;
  readonly #options: ConnectionOptions;
  readonly #reader = new ResponseReader(this);
  #turn: Turn | undefined;
  /** Why it is closed. */
  #error: Error | undefined;
  #silentMs = 0;
  #idleLimitMs = IDLE_MS;
  #isReadKept = false;

  /** @param socket connected; while it is idle it keeps no process alive */
  constructor(socket: Socket, options: ConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
    socket.unref();
    socket.on('error', (error) => this.#fail(error));
    socket.on('end', () => this.#ended());
    socket.on('close', () => {
      this.#fail(new BadResponse('the connection was closed'));
      options.onClose(this);
    });
    socket.on('drain', () => this.#drained());
  }

  get isOpen(): boolean {
    return this.#error === undefined;
  }

  /** The connection must be open, and free. */
  send(request: HttpRequest, handler: ResponseHandler): void {
    const turn = new Turn(request, handler, this);
    this.#turn = turn;
    this.#silentMs = 0;
    this.#socket.ref();
    handler.onStart(turn);
    // The handler may have thought better of it.
    if (this.#turn !== turn) return;
    try {
      this.#write(turn);
    } catch (error) {
      if (!(error instanceof UnsendableRequest)) throw error;
      this.#fail(error);
    }
  }

  /** Bytes have come. Returns whether anybody goes on looking at them. */
  read(chunk: Buffer): boolean {
    // A head that drips, or interim answers, give nobody more time for the head.
    if (!this.#turn || this.#turn.hasHead) this.#silentMs = 0;
    this.#isReadKept = false;
    try {
      if (this.isOpen) this.#reader.read(chunk);
    } catch (error) {
      if (!(error instanceof BadResponse)) throw error;
      this.#fail(error);
    }
    return this.#isReadKept;
  }

  /** So much time has gone by. Closes a connection that was silent, or idle, for too long. */
  elapse(ms: number): void {
    const turn = this.#turn;
    if (turn && (turn.isPaused || this.#isWaitingForBody(turn))) return;
    this.#silentMs += ms;
    const { firstByteMs, idleMs } = this.#options;
    const limit = !turn ? this.#idleLimitMs : turn.hasHead ? idleMs : firstByteMs;
    if (this.#silentMs >= limit) this.#fail(new SilentBackend(`silent for ${limit} ms`));
  }

  /** Ends it; a request under way fails with the reason. */
  destroy(reason: Error): void {
    this.#fail(reason);
  }

  abort(turn: Turn, reason: Error): void {
    if (turn === this.#turn) this.#fail(reason);
  }

  pause(turn: Turn): void {
    if (turn !== this.#turn || turn.isPaused) return;
    turn.isPaused = true;
    this.#socket.pause();
  }

  resume(turn: Turn): void {
    if (turn !== this.#turn || !turn.isPaused) return;
    turn.isPaused = false;
    this.#silentMs = 0;
    this.#socket.resume();
  }

  onHead(status: number, fields: FieldLines): void {
    const turn = this.#turn;
    if (!turn) return;
    turn.hasHead = true;
    this.#silentMs = 0;
    turn.handler.onHead(status, fields);
  }

  onData(chunk: Buffer): void {
    if (this.#turn?.handler.onData(chunk)) this.#isReadKept = true;
  }

  onEnd({ keepsAlive, idleSeconds }: Parameters<ResponseEvents['onEnd']>[0]): void {
    const turn = this.#turn;
    if (!turn) return;
    this.#turn = undefined;
    this.#silentMs = 0;
    if (turn.isPaused) this.#socket.resume();
    turn.handler.onEnd();
    const told = idleSeconds === undefined ? IDLE_MS : idleSeconds * 1_000 - CLOSED_BEFORE_MS;
    this.#idleLimitMs = Math.min(told, LONGEST_IDLE_MS);
    // Who makes the body may have its end yet to come.
    if (turn.isSent) readOn(turn.request.body);
    else giveUp(turn.request);
    if (!keepsAlive || !turn.isSent || told <= 0) {
      this.#fail(new BadResponse('the connection is not used again'));
      return;
    }
    this.#socket.unref();
    this.#options.onFree(this);
  }

  #write(turn: Turn): void {
    const { request } = turn;
    const { body } = request;
    const length = announcedLength(request);
    const head = requestHead(request);
    if (body === null || Buffer.isBuffer(body)) {
      turn.isSent = true;
      this.#reader.expect(request.method);
      this.#writeWhole(head, body);
      return;
    }
    this.#stream(turn, body, { head, length });
  }

  #writeWhole(head: string, body: Buffer | null): void {
    if (body === null || body.length === 0) {
      this.#socket.write(head, 'latin1');
    } else if (body.length <= SENT_WITH_HEAD_BYTES) {
      const message = Buffer.allocUnsafe(head.length + body.length);
      message.write(head, 0, 'latin1');
      body.copy(message, head.length);
      this.#socket.write(message);
    } else {
      this.#socket.cork();
      this.#socket.write(head, 'latin1');
      this.#socket.write(body);
      this.#socket.uncork();
    }
  }

  /** Sends exactly so many bytes; what has fewer or more, or breaks off, is cut short of its end. */
  #stream(
    turn: Turn,
    body: Readable,
    { head, length }: { readonly head: string; readonly length: number },
  ): void {
    let left = length;
    let hasBegun = false;
    // What comes before the head is sent belongs to no answer.
    const begin = () => {
      this.#reader.expect(turn.request.method);
      this.#socket.write(head, 'latin1');
    };
    const send = (chunk: Buffer) => {
      if (turn !== this.#turn) return;
      left -= chunk.length;
      if (left < 0) return this.#fail(new UnsendableRequest(`a body has more than ${length} bytes`));
      turn.isSent = left === 0;
      this.#silentMs = 0;
      if (!hasBegun) this.#socket.cork();
      if (!hasBegun) begin();
      const hasRoom = passOn(chunk, body, this.#socket);
      if (!hasBegun) this.#socket.uncork();
      hasBegun = true;
      if (!hasRoom) body.pause();
    };
    finished(body, { writable: false }, (error) => {
      if (turn !== this.#turn) return;
      if (left === 0 && hasBegun) return;
      if (error) this.#fail(body.errored ?? new UnsendableRequest('a body broke off', { cause: error }));
      else if (left > 0) this.#fail(new UnsendableRequest(`a body has fewer than ${length} bytes`));
      else {
        turn.isSent = true;
        begin();
      }
    });
    body.on('data', send);
  }

  #drained(): void {
    this.#silentMs = 0;
    readOn(this.#turn?.request.body);
  }

  /** Who sends the body is slow then, not the other side. */
  #isWaitingForBody(turn: Turn): boolean {
    return !turn.hasHead && !turn.isSent && !this.#socket.writableNeedDrain;
  }

  #ended(): void {
    try {
      this.#reader.close();
    } catch (error) {
      if (!(error instanceof BadResponse)) throw error;
      this.#fail(error);
    }
    this.#fail(new BadResponse('the other side closed the connection'));
  }

  #fail(error: Error): void {
    if (this.#error) return;
    this.#error = error;
    this.#socket.destroy();
    const turn = this.#turn;
    this.#turn = undefined;
    if (!turn) return;
    turn.handler.onError(error);
    giveUp(turn.request, error);
  }
}

/** Nobody will read the rest of a body. */
function giveUp({ body }: HttpRequest, error?: Error): void {
  if (body && !Buffer.isBuffer(body)) body.on('error', () => undefined).destroy(error);
}

/** Takes the next of a body that is a stream, or its end. */
function readOn(body: S3Body | null | undefined): void {
  if (body && !Buffer.isBuffer(body)) body.resume();
}
