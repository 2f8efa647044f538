import fc from 'fast-check';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { atBucket } from '../../src/filters/at-bucket.js';
import { underPrefixes } from '../../src/filters/under-prefixes.js';
import type { S3Filter, S3Request, S3Service } from '../../src/s3/message.js';
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
  prefix: '',
  migrate: bucket.migrate,
});

const untilAborted = ({ signal }: S3Request) =>
  new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
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

  it('ends in time although a store does not answer', async () => {
    const moving = await movingBucket();
    const found = await survey({ ...sidesOf(moving), shadow: untilAborted }, 30, systemClock);
    expect(found).toMatchObject({ exact: false, remaining: 0 });
    expect(found.problem).toBeUndefined();
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

  it('copies what the shadow has under its prefix, and looks at nothing else of the target', async () => {
    const moving = await movingBucket({ prefixes: { prefix: 'archive/', targetPrefix: 'old/2024/' } });
    for (const key of ['archive/a', 'archive/b', 'b', 'old/2024/c']) await moving.shadow.put(key, 'x');
    for (const key of ['archive/c', 'b', 'old/2024/b']) await moving.target.put(key, 'x');
    const { shadow, ...sides } = sidesOf(moving);
    const prefixes = { prefix: 'archive/', targetPrefix: 'old/2024/' };
    const bucket = { ...sides, prefix: 'old/2024/', shadow: underPrefixes(prefixes)(shadow) };
    expect(await survey(bucket, 10_000, systemClock)).toMatchObject({
      objectsTotal: 2,
      objectsDone: 1,
      firstRemaining: ['old/2024/a'],
    });
    const listed: S3Request[] = [];
    const target: S3Service = (request) => {
      listed.push(request);
      return bucket.target(request);
    };
    const sweep = new Sweep({ ...bucket, target }, systemClock, log);
    await expect.poll(() => sweep.progress.state).toBe('done');
    expect(sweep.progress).toMatchObject({ objectsCopied: 1, failed: 0 });
    expect(await moving.target.keys('prefix=old/')).toEqual(['old/2024/a', 'old/2024/b']);
    for (const { query } of listed) expect(query).toContainEqual(['prefix', 'old/2024/']);
  });

  it('counts what cannot even be tried, and leaves no rejection to nobody', async () => {
    const moving = await movingBucket();
    for (let index = 0; index < 1_001; index += 1) await moving.shadow.put(`k${index}`, 'x');
    const slow: S3Filter = (service) => (request) => systemClock.sleep(10).then(() => service(request));
    const { shadow, ...sides } = sidesOf(moving);
    const migrate = () => Promise.reject(new Error('the bucket has no shadow any more'));
    const sweep = new Sweep({ ...sides, shadow: slow(shadow), migrate }, systemClock, log);
    await expect.poll(() => sweep.progress.state).toBe('done');
    expect(sweep.progress).toMatchObject({ objectsCopied: 0, failed: 1_001 });
  });

  it('that is stopped while it lists ends when the copies under way have ended', async () => {
    const moving = await movingBucket();
    for (let index = 0; index < 1_001; index += 1) await moving.shadow.put(`k${index}`, 'x');
    const { shadow, ...sides } = sidesOf(moving);
    const onlyFirstPage: S3Service = (request) =>
      request.query.some(([name]) => name === 'start-after') ? untilAborted(request) : shadow(request);
    let begun = 0;
    let running = 0;
    const migrate = async () => {
      begun += 1;
      running += 1;
      if (begun > 990) await systemClock.sleep(50);
      running -= 1;
      return { state: 'copied', bytes: 1 } as const;
    };
    const sweep = new Sweep({ ...sides, shadow: onlyFirstPage, migrate }, systemClock, log);
    await expect.poll(() => begun).toBe(1_000);
    await sweep.stop();
    expect(running).toBe(0);
  });

  it('goes on when an object fails, counts it, and leaves both in the log', async () => {
    const moving = await movingBucket({
      onShadow: (service) => async (request) =>
        request.operation === 'GetObject' && request.key === 'bad'
          ? { status: 500, headers: {} }
          : service(request),
    });
    for (const key of ['a', 'bad', 'c']) await moving.shadow.put(key, 'x');
    const lines: unknown[] = [];
    const heard = pino({ base: null }, { write: (line) => void lines.push(JSON.parse(line)) });
    const sweep = new Sweep(sidesOf(moving), systemClock, heard);
    await expect.poll(() => sweep.progress.state).toBe('done');
    expect(sweep.progress).toMatchObject({ objectsCopied: 2, failed: 1 });
    expect(await moving.target.keys()).toEqual(['a', 'c']);
    expect(lines).toEqual([
      expect.objectContaining({ bucket: 'photos', key: 'bad', msg: 'an object was not copied' }),
      expect.objectContaining({ bucket: 'photos', objectsCopied: 2, failed: 1, msg: 'the sweep ended' }),
    ]);
  });
});
