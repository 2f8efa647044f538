import type { Clock } from '../../../system/clock.js';
import type { Times } from '../../../system/times.js';
import { connectTo, type Endpoint } from './connect.js';
import { Connection } from './connection.js';
import type { HttpRequest, ResponseHandler } from './handler.js';
import { SilentBackend, UnsendableRequest } from './http-errors.js';

const SLOWEST_TICK_MS = 500;

export type RemoteTimes = Pick<Times, 'connectMs' | 'firstByteMs' | 'idleMs'>;

export interface PoolOptions extends RemoteTimes {
  readonly clock: Clock;
  readonly maxConnections: number;
}

interface Waiting {
  readonly request: HttpRequest;
  readonly handler: ResponseHandler;
}

/** A bounded number of connections to one place, kept for a while when they are idle. Nothing is ever sent twice. */
export class Pool {
  readonly #endpoint: Endpoint;
  readonly #options: PoolOptions;
  readonly #tickMs: number;
  readonly #connections = new Set<Connection>();
  /** The one used last is the last: its caches are warm, and the others grow old. */
  readonly #idle: Connection[] = [];
  readonly #waiting: Waiting[] = [];
  #connecting = 0;
  #isTicking = false;
  #onEmpty: (() => void) | undefined;

  /** @param origin scheme, host and port */
  constructor(origin: string, options: PoolOptions) {
    this.#endpoint = { url: new URL(origin) };
    this.#options = options;
    this.#tickMs = Math.max(1, Math.min(SLOWEST_TICK_MS, options.firstByteMs / 4, options.idleMs / 4));
  }

  /** Sends it over a connection that is free, a new one, or the first that becomes free. */
  dispatch(request: HttpRequest, handler: ResponseHandler): void {
    this.#waiting.push({ request, handler });
    const idle = this.#takeIdle();
    if (idle) this.#afterLook(idle);
    else this.#open();
  }

  /** Resolves when all that was dispatched has ended, and no connection is left. */
  close(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
    });
    for (const connection of this.#idle.splice(0)) connection.destroy(new Error('closed'));
    this.#settle();
    return closed;
  }

  #freed(connection: Connection): void {
    if (this.#waiting.length > 0) this.#afterLook(connection);
    else this.#rest(connection);
  }

  /** What has reached a connection since its last answer, its end or bytes nobody asked for, is seen before it is used again. */
  #afterLook(connection: Connection): void {
    setImmediate(() => this.#serve(connection));
  }

  #serve(connection: Connection): void {
    if (!connection.isOpen) {
      this.#open();
      return;
    }
    const next = this.#next();
    if (next) connection.send(next.request, next.handler);
    else this.#rest(connection);
  }

  #rest(connection: Connection): void {
    if (this.#onEmpty) connection.destroy(new Error('closed'));
    else this.#idle.push(connection);
  }

  #takeIdle(): Connection | undefined {
    for (let idle = this.#idle.pop(); idle; idle = this.#idle.pop()) if (idle.isOpen) return idle;
    return undefined;
  }

  /** Opens another connection where those that wait are more than those that are being opened. */
  #open(): void {
    const { maxConnections, connectMs } = this.#options;
    if (this.#waiting.length <= this.#connecting) return;
    if (this.#connections.size + this.#connecting >= maxConnections) return;
    this.#connecting += 1;
    const silent = () => socket.destroy(new SilentBackend(`no connection within ${connectMs} ms`));
    const deadline = this.#options.clock.after(connectMs, silent);
    let connection: Connection | undefined;
    let failure: Error | undefined;
    const onError = (error: Error) => {
      failure = error;
    };
    const onClose = () => {
      deadline.cancel();
      this.#connecting -= 1;
      this.#next()?.handler.onError(failure ?? new Error('the connection was closed while it was opened'));
      this.#open();
      this.#settle();
    };
    const connected = () => {
      socket.off('error', onError).off('close', onClose);
      deadline.cancel();
      this.#connecting -= 1;
      connection = new Connection(socket, {
        ...this.#options,
        onFree: (free) => this.#freed(free),
        onClose: (closed) => this.#closed(closed),
      });
      this.#connections.add(connection);
      this.#tick();
      this.#serve(connection);
    };
    const read = (chunk: Buffer) => connection?.read(chunk) ?? false;
    const socket = connectTo(this.#endpoint, { connected, read }).on('error', onError).on('close', onClose);
  }

  /** The first of those that wait and are still wanted. */
  #next(): Waiting | undefined {
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      if (!next.handler.isCancelled) return next;
      next.handler.onError(new UnsendableRequest('nobody waits for it any more'));
    }
    return undefined;
  }

  #closed(connection: Connection): void {
    this.#connections.delete(connection);
    const at = this.#idle.indexOf(connection);
    if (at >= 0) this.#idle.splice(at, 1);
    this.#open();
    this.#settle();
  }

  #settle(): void {
    if (this.#connections.size + this.#connecting + this.#waiting.length === 0) this.#onEmpty?.();
  }

  #tick(): void {
    if (this.#isTicking || this.#connections.size === 0) return;
    this.#isTicking = true;
    this.#options.clock.after(this.#tickMs, () => {
      this.#isTicking = false;
      for (const connection of this.#connections) connection.elapse(this.#tickMs);
      this.#tick();
    });
  }
}
