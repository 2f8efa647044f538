import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';

export interface SeenRequest {
  readonly method: string;
  /** Path and query, as they were sent. */
  readonly target: string;
}

/** What happens to a request in place of being passed on: this status, or no answer at all. */
export type Fault = number | 'reset';

export interface FaultProxy {
  readonly endpoint: string;
  /** How many requests of this method came for this path so far. */
  count(method: string, path: string): number;
  /** From now on this says what goes wrong; undefined lets a request pass. */
  disturb(fault: (seen: SeenRequest) => Fault | undefined): void;
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
  let faultOf: (seen: SeenRequest) => Fault | undefined = () => undefined;
  let gate: Gate | undefined;

  const server = createServer((incoming, outgoing) => {
    const one = { method: incoming.method ?? '', target: incoming.url ?? '' };
    seen.push(one);
    const fault = faultOf(one);
    if (fault === undefined) passOn(incoming, outgoing).catch(() => outgoing.destroy());
    else if (fault === 'reset') incoming.socket.destroy();
    else incoming.resume().on('end', () => outgoing.writeHead(fault).end());
  });

  async function passOn(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { method, url: path, rawHeaders: headers } = incoming;
    const onward = request(store, { method, path, headers, agent });
    outgoing.on('close', () => onward.destroy());
    incoming.pipe(onward);
    const [answer] = (await once(onward, 'response')) as [IncomingMessage];
    outgoing.writeHead(answer.statusCode ?? 0, answer.rawHeaders);
    await pipeline(answer, throttled(), outgoing);
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
