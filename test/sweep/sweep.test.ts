import fc from 'fast-check';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { atBucket } from '../../src/filters/at-bucket.js';
import { survey } from '../../src/sweep/survey.js';
import { Sweep } from '../../src/sweep/sweep.js';
import { type Walked, walk } from '../../src/sweep/walk.js';
import { systemClock } from '../../src/system/clock.js';
import { type Moving, movingBucket } from '../shadow/moving.js';

const log = pino({ level: 'silent' });

/** The two stores as the sweep is given them. */
const sidesOf = ({ stores, ledger, bucket }: Moving) => ({
  name: 'photos',
  target: atBucket('new')(stores.target),
  shadow: atBucket('old')(stores.shadow),
  ledger,
  migrate: bucket.migrate,
});

const walked = async (moving: Moving): Promise<Walked[]> => {
  const found: Walked[] = [];
  for await (const one of walk(sidesOf(moving), new AbortController().signal)) found.push(one);
  return found;
};

describe('the walk over both listings', () => {
  it('tells of every object of the shadow whether it was copied, deleted or remains', async () => {
    const place = fc.constantFrom('target', 'shadow', 'both', 'deleted');
    const keys = fc.uniqueArray(
      fc.tuple(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 5 }), place),
      {
        maxLength: 25,
        selector: ([key]) => key,
      },
    );
    await fc.assert(
      fc.asyncProperty(keys, async (places) => {
        const moving = await movingBucket({ delete: 'target' });
        for (const [key, where] of places) {
          if (where !== 'shadow') await moving.target.put(key, 'x');
          if (where !== 'target') await moving.shadow.put(key, 'x');
          if (where === 'deleted') await moving.client.ask('DELETE', key);
        }
        const states = { both: 'done', deleted: 'deleted', shadow: 'remaining' } as const;
        const expected = places.flatMap(([key, where]) => (where === 'target' ? [] : [[key, states[where]]]));
        const found = (await walked(moving)).map(({ object, state }) => [object.key, state]);
        expect(new Map(found as [string, string][])).toEqual(new Map(expected as [string, string][]));
        expect(found).toHaveLength(expected.length);
      }),
      { numRuns: 40 },
    );
  }, 30_000);
});

describe('a survey', () => {
  it('counts objects and bytes, and names what remains', async () => {
    const moving = await movingBucket();
    for (const key of ['a', 'b', 'c']) await moving.shadow.put(key, 'xxxx');
    await moving.target.put('b', 'xxxx');
    await moving.target.put('elsewhere', 'not counted: the shadow never had it');
    expect(await survey(sidesOf(moving), 10_000, systemClock)).toEqual({
      objectsTotal: 3,
      objectsDone: 1,
      bytesTotal: 12,
      bytesDone: 4,
      remaining: 2,
      firstRemaining: ['a', 'c'],
      exact: true,
    });
  });

  it('that runs out of time says that it is not exact', async () => {
    const moving = await movingBucket();
    await moving.shadow.put('a', 'x');
    expect((await survey(sidesOf(moving), -1, systemClock)).exact).toBe(false);
  });

  it('says what kept it from counting', async () => {
    const moving = await movingBucket();
    const sides = { ...sidesOf(moving), shadow: async () => ({ status: 403, headers: {} }) };
    expect(await survey(sides, 10_000, systemClock)).toMatchObject({
      exact: false,
      problem: 'the store answered 403 to a listing',
    });
  });
});

describe('a sweep', () => {
  it('copies what remains, and nothing else', async () => {
    const moving = await movingBucket({ delete: 'target' });
    for (let index = 0; index < 100; index += 1) await moving.shadow.put(`old/${index}`, `object ${index}`);
    await moving.client.put('old/7', 'newer');
    await moving.client.ask('DELETE', 'old/8');
    const sweep = new Sweep(sidesOf(moving), systemClock, log);
    await expect.poll(() => sweep.progress.state).toBe('done');
    expect(sweep.progress).toMatchObject({ objectsCopied: 98, failed: 0 });
    expect(await moving.target.text('old/7')).toBe('newer');
    expect(await moving.target.text('old/8')).toBeUndefined();
    expect((await moving.target.keys()).length).toBe(99);
    expect((await survey(sidesOf(moving), 10_000, systemClock)).remaining).toBe(0);
  });

  it('goes on when an object fails, and counts it', async () => {
    const moving = await movingBucket({
      onShadow: (service) => async (request) =>
        request.operation === 'GetObject' && request.key === 'bad'
          ? { status: 500, headers: {} }
          : service(request),
    });
    for (const key of ['a', 'bad', 'c']) await moving.shadow.put(key, 'x');
    const sweep = new Sweep(sidesOf(moving), systemClock, log);
    await expect.poll(() => sweep.progress.state).toBe('done');
    expect(sweep.progress).toMatchObject({ objectsCopied: 2, failed: 1 });
    expect(await moving.target.keys()).toEqual(['a', 'c']);
  });
});
