import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import type { BucketClient } from '../support/bucket-client.js';
import { describeMoves } from './scenarios.js';

const WRITERS = 8;
const ORIGINALS = 10;
const ACKNOWLEDGED = 80;
const LARGE = 700_000;

interface Written {
  readonly body: Buffer;
  acknowledged: boolean;
}

/** Writes one new object after the other until the gateway is gone. */
async function writeUntilKilled(
  bucket: BucketClient,
  writer: number,
  written: Map<string, Written>,
): Promise<void> {
  for (let count = 0; ; count += 1) {
    const one: Written = { body: randomBytes(count % 5 === 0 ? LARGE : 2_000 + count), acknowledged: false };
    written.set(`written/${writer}/${count}`, one);
    await bucket.put(`written/${writer}/${count}`, one.body);
    one.acknowledged = true;
  }
}

const countAcknowledged = (written: Map<string, Written>): number =>
  [...written.values()].filter(({ acknowledged }) => acknowledged).length;

describeMoves(
  (world) => {
    test.each([[[]], [['--shadow-write-through']]])(
      'a gateway that is killed loses nothing that it acknowledged and leaves nothing torn (%j)',
      async (flags) => {
        const originals = new Map(
          Array.from({ length: ORIGINALS }, (_, index) => [`old/${index}`, randomBytes(LARGE + index)]),
        );
        const { bucket, old } = await world().move(
          async (before) => {
            for (const [key, body] of originals) await before.put(key, body);
          },
          ...flags,
        );
        const killed = await world().startAnother();
        const written = new Map<string, Written>();
        const client = bucket.at(killed.url);
        world().proxy.holdBodies(LARGE / 2);
        const ended = Promise.allSettled([
          ...Array.from({ length: WRITERS }, (_, writer) => writeUntilKilled(client, writer, written)),
          ...[...originals.keys()].map((key) => client.get(key)),
        ]);
        const isBeingCopied = (key: string) => world().proxy.count('GET', `/${old.name}/${key}`) > 0;
        await expect.poll(() => [...originals.keys()].every(isBeingCopied)).toBe(true);
        await expect
          .poll(() => countAcknowledged(written), { timeout: 30_000 })
          .toBeGreaterThan(ACKNOWLEDGED);
        await killed.stop('SIGKILL');
        await ended;
        world().proxy.heal();

        const restarted = bucket.at((await world().startAnother()).url);
        const listed = new Set(await restarted.keys());
        for (const [key, { body, acknowledged }] of written) {
          if (acknowledged) expect(listed.has(key), key).toBe(true);
          if (listed.has(key)) expect((await restarted.get(key)).bytes.equals(body), key).toBe(true);
          else expect(await restarted.has(key), key).toBe(false);
        }
        for (const [key, body] of originals)
          expect((await restarted.get(key)).bytes.equals(body), key).toBe(true);
        expect([...listed].filter((key) => !written.has(key) && !originals.has(key))).toEqual([]);
        await restarted.put('after', 'as usual');
        expect(await restarted.text('after')).toBe('as usual');
      },
    );
  },
  { only: ({ state, target }) => (state === 'LMDB') === (target === 'disk') },
);
