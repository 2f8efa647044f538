import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { createPacer } from '../../../src/sweep/pace/pacer.js';
import { getObject, putObject, remoteAt } from '../../backends/remote/requests.js';
import { ManualClock } from '../../support/manual-clock.js';

const never = new AbortController().signal;
const cleanUps: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

/** A store of its own that answers as it is told to, and a backend that asks it. */
async function storeThat(answer: (incoming: IncomingMessage, outgoing: ServerResponse) => void) {
  const server = createServer((incoming, outgoing) => {
    incoming.resume().on('end', () => answer(incoming, outgoing));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const backend = remoteAt(`http://127.0.0.1:${port}`);
  cleanUps.push(async () => {
    await backend.close();
    server.closeAllConnections();
    server.close();
  });
  return backend.service;
}

function pacerAt(clock: ManualClock) {
  const pacer = createPacer({ clock, clientRequests: () => 0 });
  cleanUps.push(async () => pacer.close());
  return pacer;
}

describe('a store that answers 503 with Retry-After', () => {
  it('gets no new object before its time, then fewer at once, and each request a single time', async () => {
    let refuses = true;
    const put: string[] = [];
    const service = await storeThat(({ url = '' }, outgoing) => {
      put.push(url);
      if (refuses)
        outgoing.writeHead(503, { 'retry-after': '5' }).end('<Error><Code>SlowDown</Code></Error>');
      else outgoing.writeHead(200).end();
    });
    const clock = new ManualClock();
    const pacer = pacerAt(clock);
    const target = pacer.through.target(service);
    const statuses: number[] = [];
    const objects = Array.from({ length: 10 }, (_, index) =>
      pacer.run(async () => {
        const { status } = await target(putObject(Buffer.from('x'), 1, { key: `${index}` }));
        statuses.push(status);
      }, never),
    );
    while (statuses.length < 4) await turn();
    for (let i = 0; i < 50; i += 1) await turn();
    expect(statuses).toEqual([503, 503, 503, 503]);
    expect(pacer.state).toMatchObject({
      slots: { underWay: 0, now: 2, target: 2, shadow: 4 },
      waits: { for: 'target', until: clock.now() + 5_000 },
    });
    refuses = false;
    clock.advance(4_999);
    for (let i = 0; i < 50; i += 1) await turn();
    expect(put).toHaveLength(4);
    clock.advance(1);
    await Promise.all(objects);
    expect(statuses.filter((status) => status === 200)).toHaveLength(6);
    expect(new Set(put).size).toBe(10);
    expect(put).toHaveLength(10);
  });
});

describe('a store that sends faster than the limit of bandwidth', () => {
  it('is read as fast as the limit allows, byte by byte what it sends', async () => {
    const content = Buffer.from(Array.from({ length: 3_000_000 }, (_, index) => index % 251));
    const service = await storeThat((_, outgoing) => outgoing.end(content));
    const clock = new ManualClock();
    const pacer = pacerAt(clock);
    pacer.setLimits({ maxBandwidth: 1_000_000 }, 1);
    const { body } = await pacer.through.shadow(service)(getObject());
    const chunks: Buffer[] = [];
    let ended = false;
    (body as Readable)
      .on('data', (chunk: Buffer) => chunks.push(chunk))
      .on('end', () => {
        ended = true;
      });
    const bytes = () => chunks.reduce((sum, { length }) => sum + length, 0);
    for (let i = 0; i < 200; i += 1) await turn();
    const atFirst = bytes();
    expect(atFirst).toBeGreaterThan(0);
    expect(atFirst).toBeLessThanOrEqual(200_000);
    for (let second = 1; !ended; second += 1) {
      for (let ms = 0; ms < 1_000; ms += 10) {
        clock.advance(10);
        await turn();
      }
      expect(bytes()).toBeLessThanOrEqual(200_000 + second * 1_000_000);
    }
    expect(Buffer.concat(chunks).equals(content)).toBe(true);
  });
});
