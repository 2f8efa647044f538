import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { type EventLoopUtilization, performance } from 'node:perf_hooks';

/** What a worker had to do since it was asked the last time. */
export interface Load {
  /** Connections of clients over which bytes came or went. */
  readonly connections: number;
  /** The part of the time that its event loop was busy: 0 to 1. */
  readonly busy: number;
}

/**
 * Closes connections of which a server has more than its share, each after a complete answer that says so (RFC 9112, 9.6): the client opens another one, which the kernel
 * may give to another worker. Those that ask first go first, for most of the work comes over them; one that is idle costs nothing, and stays.
 *
 * A request costs nothing for that but a look at a number.
 */
export class Shedding {
  #server: Server | undefined;
  /** The bytes that had passed over each when it was looked at last. */
  readonly #passed = new Map<Socket, number>();
  #active = new Set<Socket>();
  #surplus = 0;
  #closed = 0;
  #loop: EventLoopUtilization = performance.eventLoopUtilization();

  /** Connections that it has closed so far. */
  get closed(): number {
    return this.#closed;
  }

  /** @param opened the event that tells of a connection that requests can come over */
  follow(server: Server, opened: 'connection' | 'secureConnection'): void {
    this.#server = server;
    server.on(opened, (socket: Socket) => {
      this.#passed.set(socket, 0);
      socket.once('close', () => this.#passed.delete(socket));
    });
  }

  /** Undefined of one that takes no connections (any more). What was to be closed by then and is not stays open. */
  load(): Load | undefined {
    this.#surplus = 0;
    if (!this.#server?.listening) return undefined;
    this.#active = new Set([...this.#passed.keys()].filter((socket) => this.#hasPassed(socket)));
    const before = this.#loop;
    this.#loop = performance.eventLoopUtilization();
    const { utilization: busy } = performance.eventLoopUtilization(this.#loop, before);
    return { connections: this.#active.size, busy };
  }

  /** So many of the connections that were counted last are to be closed. */
  shed(connections: number): void {
    this.#surplus = connections;
  }

  /** Whether the connection of a request that has come is one of them; of each that is true once. */
  picks(socket: Socket): boolean {
    if (this.#surplus === 0 || !this.#active.delete(socket)) return false;
    this.#surplus -= 1;
    return true;
  }

  /**
   * Closes a connection after an answer, unless that is given before the request was read: closing resets a connection that has unread bytes, and its client might lose the
   * answer (RFC 9112, 9.6).
   */
  closeAfter(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const close = () => {
      if (outgoing.headersSent) return;
      outgoing.shouldKeepAlive = false;
      this.#closed += 1;
    };
    const { 'content-length': length, 'transfer-encoding': coding } = incoming.headers;
    if (length === undefined && coding === undefined) close();
    else incoming.once('end', close);
  }

  #hasPassed(socket: Socket): boolean {
    const bytes = socket.bytesRead + socket.bytesWritten;
    const before = this.#passed.get(socket);
    this.#passed.set(socket, bytes);
    return bytes !== before;
  }
}
