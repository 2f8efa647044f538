import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { argv, stdout } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';

// Makes a store a far one: what passes takes half a round trip (ms) each way, and no more bytes a second than are allowed (0: any number).

const [, , endpoint = '', roundTripMs = '0', bytesPerSecond = '0'] = argv;
const store = new URL(endpoint);

/** What is on its way over one connection at most: more waits with its sender. */
const WINDOW = 1024 * 1024;

/** One direction, shared by all connections. */
class Line {
  #freeAt = 0;

  /** When bytes arrive that are sent now. */
  arrivalOf(bytes: number): number {
    const free = Math.max(performance.now(), this.#freeAt);
    this.#freeAt = free + (Number(bytesPerSecond) > 0 ? (bytes * 1_000) / Number(bytesPerSecond) : 0);
    return this.#freeAt + Number(roundTripMs) / 2;
  }
}

function carry(from: Socket, to: Socket, line: Line): void {
  let underWay = 0;
  let last = Promise.resolve();
  from.on('data', (chunk: Buffer) => {
    const at = line.arrivalOf(chunk.length);
    underWay += chunk.length;
    if (underWay >= WINDOW) from.pause();
    last = last.then(async () => {
      const left = at - performance.now();
      if (left > 0) await sleep(Math.ceil(left));
      await new Promise((written) => to.write(chunk, written));
      underWay -= chunk.length;
      if (underWay < WINDOW) from.resume();
    });
  });
  from.on('end', () => last.then(() => to.end()));
  from.on('error', () => to.destroy());
  from.on('close', () => last.then(() => to.destroy()));
}

const there = new Line();
const back = new Line();
const server = createServer({ noDelay: true, allowHalfOpen: true }, (client) => {
  const onward = connect({
    host: store.hostname,
    port: Number(store.port),
    noDelay: true,
    allowHalfOpen: true,
  });
  carry(client, onward, there);
  carry(onward, client, back);
}).listen(0, '127.0.0.1');
await once(server, 'listening');
stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
