import { once } from 'node:events';
import {
  Agent,
  type ClientRequest,
  createServer,
  type IncomingMessage,
  request,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';

export interface SeenRequest {
  readonly method: string;
  /** Path and query, as they were sent. */
  readonly target: string;
}

/**
 * What goes wrong with a request. In place of being passed on it is answered with this status, or not at all (`reset`). Or it is
 * passed on: with its body cut short, with its answer lost or cut short, or later.
 */
export type Fault =
  | number
  | 'reset'
  | 'cut request'
  | 'lose answer'
  | 'cut answer'
  | { readonly delayMs: number };

type Told = Fault | undefined;

export interface FaultProxy {
  readonly endpoint: string;
  /** How many requests of this method came for this path so far. */
  count(method: string, path: string): number;
  /** From now on this says what goes wrong, at once or when it is time; undefined lets a request pass. */
  disturb(fault: (seen: SeenRequest) => Told | Promise<Told>): void;
  /** From now on the bodies of answers stop after so many bytes. */
  holdBodies(afterBytes: number): void;
  /** From now on the connection is cut after so many bytes of an answer's body. */
  cutBodies(afterBytes: number): void;
  /** From now on nothing goes wrong, and what was held goes on. */
  heal(): void;
  close(): Promise<void>;
}

/** Where answers stop, and what they wait for there; a rejection cuts them. */
interface Gate {
  readonly afterBytes: number;
  passed(): Promise<void>;
  open(): void;
}

/** An HTTP proxy in front of a store on loopback: counts what it is asked for, and fails or waits on command. */
export async function startFaultProxy(storeUrl: string): Promise<FaultProxy> {
  const store = new URL(storeUrl);
  const agent = new Agent({ keepAlive: true });
  const seen: SeenRequest[] = [];
  let faultOf: Parameters<FaultProxy['disturb']>[0] = () => undefined;
  let gate: Gate | undefined;

  const server = createServer((incoming, outgoing) => {
    const one = { method: incoming.method ?? '', target: incoming.url ?? '' };
    seen.push(one);
    const told = faultOf(one);
    if (told instanceof Promise) told.then((fault) => befall(incoming, outgoing, fault));
    else befall(incoming, outgoing, told);
  });

  function befall(incoming: IncomingMessage, outgoing: ServerResponse, fault: Told): void {
    if (typeof fault === 'number') incoming.resume().on('end', () => outgoing.writeHead(fault).end());
    else if (fault === 'reset') incoming.socket.destroy();
    else passOn(incoming, outgoing, fault).catch(() => outgoing.destroy());
  }

  async function passOn(
    incoming: IncomingMessage,
    outgoing: ServerResponse,
    fault: Exclude<Fault, number> | undefined,
  ): Promise<void> {
    if (typeof fault === 'object') await sleep(fault.delayMs);
    if (outgoing.destroyed) return;
    const { method, url: path, rawHeaders: headers } = incoming;
    const onward = request(store, { method, path, headers, agent });
    outgoing.on('close', () => onward.destroy());
    const answered = once(onward, 'response') as Promise<[IncomingMessage]>;
    await Promise.race([answered, send(incoming, onward, fault === 'cut request')]);
    const [answer] = await answered;
    if (fault === 'lose answer') return lose(answer);
    outgoing.writeHead(answer.statusCode ?? 0, answer.rawHeaders);
    await pipeline(answer, throttled(), ...(fault === 'cut answer' ? [cutShort(answer)] : []), outgoing);
  }

  function throttled(): Transform {
    let passed = 0;
    return new Transform({
      transform(chunk: Buffer, _encoding, done) {
        passed += chunk.length;
        if (!gate || passed <= gate.afterBytes) done(null, chunk);
        else gate.passed().then(() => done(null, chunk), done);
      },
    });
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    count: (method, path) =>
      seen.filter((one) => one.method === method && one.target.split('?', 1)[0] === path).length,
    disturb(fault) {
      faultOf = fault;
    },
    heal() {
      faultOf = () => undefined;
      gate?.open();
      gate = undefined;
    },
    holdBodies(afterBytes) {
      let open: () => void = () => undefined;
      const opened = new Promise<void>((resolve) => {
        open = resolve;
      });
      gate = { afterBytes, passed: () => opened, open };
    },
    cutBodies(afterBytes) {
      gate = { afterBytes, passed: () => Promise.reject(new Error('cut')), open: () => undefined };
    },
    async close() {
      server.close();
      server.closeAllConnections();
      agent.destroy();
      await once(server, 'close');
    },
  };
}

/** Rejects when the request breaks off; a store may answer before it has all of it. */
async function send(incoming: IncomingMessage, onward: ClientRequest, isCut: boolean): Promise<void> {
  await pipeline([incoming, ...(isCut ? [cutShort(incoming)] : []), onward]);
}

/** The store has done all that it was asked to, which nobody learns. */
async function lose(answer: IncomingMessage): Promise<void> {
  await once(answer.resume(), 'end');
  throw new Error('the answer is lost');
}

/** Lets half of a message's body pass. */
function cutShort({ headers }: IncomingMessage): Transform {
  let left = Math.floor(Number(headers['content-length'] ?? 0) / 2);
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      this.push(chunk.subarray(0, left));
      left -= chunk.length;
      if (left > 0) done();
      else done(new Error('cut short'));
    },
  });
}
