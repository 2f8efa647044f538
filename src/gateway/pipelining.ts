import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

export type Listener = (incoming: IncomingMessage, outgoing: ServerResponse) => void;

/** What is known of a connection. */
interface Line {
  /** The request that came last, and the answer to it. */
  last: { readonly incoming: IncomingMessage; readonly outgoing: ServerResponse };
  /** How many requests wait for their turn. */
  waiting: number;
  /** Whether any has had to wait so far. */
  isPipelined: boolean;
}

/** So many requests of one connection may wait; then no more are read from it. */
const MAX_WAITING = 32;

/**
 * Serves the requests of one connection one after the other: a pipelined one may depend on what the one before it does (RFC 9112, 9.3.2). Node
 * keeps their answers in order, but would begin with each as soon as it has arrived.
 */
export class Pipelining {
  readonly #lines = new WeakMap<Duplex, Line>();

  constructor(private readonly serve: Listener) {}

  readonly listener: Listener = (incoming, outgoing) => {
    const line = this.#lines.get(incoming.socket);
    const before = line?.last.outgoing;
    if (line) line.last = { incoming, outgoing };
    else this.#lines.set(incoming.socket, { last: { incoming, outgoing }, waiting: 0, isPipelined: false });
    if (!line || !before || before.closed) this.serve(incoming, outgoing);
    else before.once('close', this.#turnOf(line, incoming, outgoing));
  };

  /** The request that came last on a connection, and the answer to it. */
  last(socket: Duplex): Line['last'] | undefined {
    return this.#lines.get(socket)?.last;
  }

  /** Whether its client was seen to send requests before the answers to those before them. */
  isPipelined(socket: Duplex): boolean {
    return this.#lines.get(socket)?.isPipelined === true;
  }

  #turnOf(line: Line, incoming: IncomingMessage, outgoing: ServerResponse): () => void {
    const { socket } = incoming;
    line.waiting += 1;
    line.isPipelined = true;
    if (line.waiting >= MAX_WAITING) socket.pause();
    return () => {
      line.waiting -= 1;
      // An answer that closes the connection is the last: what came behind it is never served.
      if (!socket.writable) return;
      if (line.waiting < MAX_WAITING) socket.resume();
      this.serve(incoming, outgoing);
    };
  }
}
