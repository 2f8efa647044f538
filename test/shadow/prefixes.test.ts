import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readDeleteResult, writeDelete } from '../../src/s3/xml/delete.js';
import { readListing } from '../../src/s3/xml/listing.js';
import type { Kv } from '../../src/state/kv.js';
import { beforeEachCall } from '../support/before-each-call.js';
import { type Moving, type MovingOptions, movingBucket } from './moving.js';
import { Uploading } from './uploading.js';

const ARCHIVE = { prefix: 'archive/', targetPrefix: 'old/2024/' };
const NO_CONDITIONS = { put: false, complete: false, match: false };

const MODES = [
  ['in read-through', {}],
  ['where the target has no conditional writes', { conditionalWrites: NO_CONDITIONS }],
  ['where writers exclude each other', { rung: 'exclusive' }],
  ['in write-through', { writeThrough: true }],
] as const satisfies readonly [string, MovingOptions][];

const movingArchive = (options: MovingOptions = {}) => movingBucket({ prefixes: ARCHIVE, ...options });

/** A moving archive, and how often its gateway asked the state for anything. */
async function countingState(options: MovingOptions = {}) {
  let calls = 0;
  const onState = (kv: Kv): Kv =>
    beforeEachCall(kv, () => {
      calls += 1;
    });
  const moving = await movingArchive({ onState, ...options });
  return { moving, calls: () => calls };
}

async function deleteKeys({ client }: Moving, keys: readonly string[]): Promise<string[]> {
  const body = writeDelete({ objects: keys.map((key) => ({ key })), quiet: false });
  const answer = await client.ask('POST', '', { query: 'delete', body });
  const { deleted, errors } = readDeleteResult(answer.body);
  expect(errors).toEqual([]);
  return deleted.map(({ key }) => key);
}

const copyInto = ({ client }: Moving, key: string, source: string) =>
  client.ask('PUT', key, { headers: { 'x-amz-copy-source': `/new/${source}` } });

describe.each(MODES)('a shadow under prefixes, %s', (_, options) => {
  const { writeThrough } = { writeThrough: false, ...options };

  it('is read where the key begins with the target prefix, and copied under the name that clients use', async () => {
    const moving = await movingArchive(options);
    await moving.shadow.put('archive/a', 'old', { 'x-amz-meta-who': 'me' });
    const { text, headers } = await moving.client.ask('GET', 'old/2024/a');
    expect([text, headers['x-penumbra-source'], headers['x-amz-meta-who']]).toEqual(['old', 'shadow', 'me']);
    const range = await moving.client.ask('GET', 'old/2024/a', { headers: { range: 'bytes=1-1' } });
    expect([range.status, range.text]).toEqual([206, 'l']);
    await moving.settled();
    expect(await moving.target.keys()).toEqual(['old/2024/a']);
  });

  it('is not asked for any other key, nor is the state', async () => {
    const { moving, calls } = await countingState(options);
    for (const key of ['a', 'archive/a', 'old/2023/a']) {
      await moving.shadow.put(key, 'not to be seen');
      expect((await moving.client.ask('HEAD', key)).status).toBe(404);
      await moving.client.put(key, 'mine');
      expect(await moving.client.text(key)).toBe('mine');
      const upload = await Uploading.begin(moving.client, key);
      await upload.part(1, 'parts');
      expect((await upload.complete()).status).toBe(200);
      await moving.client.put(key, 'only once', { 'if-none-match': '*' });
      expect(await moving.client.text(key)).toBe('parts');
      expect((await moving.client.ask('GET', key, { query: 'tagging' })).status).toBe(200);
      expect((await moving.client.ask('DELETE', key)).status).toBe(204);
      expect(await moving.client.text(key)).toBeUndefined();
      expect(await moving.bucket.migrate(key)).toEqual({ state: 'absent' });
    }
    expect(moving.asked.shadow).toHaveLength(0);
    expect(calls()).toBe(0);
    expect(await moving.shadow.keys()).toEqual(['a', 'archive/a', 'old/2023/a']);
  });

  it('gets the writes and deletes of its own keys', async () => {
    const moving = await movingArchive(options);
    await moving.client.put('old/2024/a', 'new');
    const upload = await Uploading.begin(moving.client, 'old/2024/b');
    await upload.part(1, 'parts');
    expect((await upload.complete()).status).toBe(200);
    expect(await moving.target.keys()).toEqual(['old/2024/a', 'old/2024/b']);
    expect(await moving.shadow.keys()).toEqual(writeThrough ? ['archive/a', 'archive/b'] : []);
    await moving.shadow.put('archive/a', 'older');
    for (const key of ['old/2024/a', 'old/2024/b']) await moving.client.ask('DELETE', key);
    await moving.settled();
    expect([await moving.client.keys(), await moving.shadow.keys()]).toEqual([[], []]);
  });

  it('is one with the target in conditions', async () => {
    const moving = await movingArchive(options);
    await moving.shadow.put('archive/a', 'old');
    const put = () => moving.client.put('old/2024/a', 'new', { 'if-none-match': '*' });
    await expect(put()).rejects.toMatchObject({ code: 'PreconditionFailed' });
    expect(await moving.client.text('old/2024/a')).toBe('old');
  });

  it('loses what DeleteObjects names of it, beside what only the target has', async () => {
    const moving = await movingArchive(options);
    for (const key of ['archive/a', 'archive/b', 'c', 'old/2024/d']) await moving.shadow.put(key, 'x');
    for (const key of ['old/2024/a', 'c', 'e']) await moving.target.put(key, 'x');
    const keys = ['old/2024/a', 'old/2024/b', 'old/2024/d', 'c'];
    expect((await deleteKeys(moving, keys)).sort()).toEqual([...keys].sort());
    await moving.settled();
    expect(await moving.target.keys()).toEqual(['e']);
    expect(await moving.shadow.keys()).toEqual(['c', 'old/2024/d']);
    expect(await moving.client.keys()).toEqual(['e']);
  });

  it('leaves no trace of what DeleteObjects deletes of the target alone', async () => {
    const moving = await movingArchive(options);
    for (const key of ['plain', 'judged']) await moving.target.put(key, 'x');
    const etag = (await moving.target.ask('HEAD', 'judged')).headers.etag ?? '';
    const objects = [{ key: 'plain' }, { key: 'judged', etag }, { key: 'old/2024/a' }];
    await moving.client.ask('POST', '', { query: 'delete', body: writeDelete({ objects, quiet: false }) });
    expect(await moving.target.keys()).toEqual([]);
    const deleted = await moving.ledger.deletedAmong(objects.map(({ key }) => key));
    expect([...deleted]).toEqual(['old/2024/a']);
  });

  it('is not told of a DeleteObjects that names none of its keys', async () => {
    const { moving, calls } = await countingState(options);
    for (const key of ['c', 'e']) await moving.target.put(key, 'x');
    expect(await deleteKeys(moving, ['c', 'e', 'f'])).toEqual(['c', 'e', 'f']);
    expect(moving.asked.target.map(({ operation }) => operation)).toEqual(['DeleteObjects']);
    expect([calls(), moving.asked.shadow, await moving.target.keys()]).toEqual([0, [], []]);
  });

  it('is copied from and to, whichever side of the prefix source and copy are on', async () => {
    const moving = await movingArchive(options);
    await moving.client.put('outside', 'x');
    await moving.client.put('old/2024/inside', 'y');
    expect((await copyInto(moving, 'old/2024/from-outside', 'outside')).status).toBe(200);
    expect((await copyInto(moving, 'from-inside', 'old/2024/inside')).status).toBe(200);
    const upload = await Uploading.begin(moving.client, 'old/2024/in-parts');
    await upload.copyPart(1, { 'x-amz-copy-source': '/new/outside' });
    expect((await upload.complete()).status).toBe(200);
    expect(await moving.client.text('old/2024/from-outside')).toBe('x');
    expect(await moving.client.text('old/2024/in-parts')).toBe('x');
    expect(await moving.client.text('from-inside')).toBe('y');
    const written = ['archive/from-outside', 'archive/in-parts', 'archive/inside'];
    expect(await moving.shadow.keys()).toEqual(writeThrough ? written : []);
  });

  it('goes on with an upload whose key is no longer one of its own', async () => {
    const moving = await movingArchive(options);
    const begun = await Uploading.begin(moving.target, 'elsewhere');
    const pair = { target: begun.uploadId, shadow: 'of another shadow', digests: true };
    const upload = begun.by(moving.client, moving.uploadIds.seal(pair, 'elsewhere'));
    await upload.part(1, 'parts');
    expect((await upload.complete()).status).toBe(200);
    expect(await moving.client.text('elsewhere')).toBe('parts');
    expect(moving.asked.shadow).toHaveLength(0);
  });
});

describe('a key that would be too long in the shadow', () => {
  const prefixes = { prefix: 'p'.repeat(1_000), targetPrefix: 'q/' };
  const LONG = `q/${'x'.repeat(25)}`;

  it('is the target’s alone', async () => {
    const { moving, calls } = await countingState({ prefixes });
    expect(await moving.client.text(LONG)).toBeUndefined();
    await moving.client.put(LONG, 'x');
    expect(await moving.client.text(LONG)).toBe('x');
    expect((await moving.client.ask('DELETE', LONG)).status).toBe(204);
    expect([calls(), moving.asked.shadow]).toEqual([0, []]);
  });

  it('is not written where the shadow is to have all writes, and the error says why', async () => {
    const moving = await movingBucket({ prefixes, writeThrough: true });
    const refused = { code: 'KeyTooLongError', fields: { Size: '1025', MaxSizeAllowed: '1024' } };
    await expect(moving.client.put(LONG, 'x')).rejects.toMatchObject(refused);
    await expect(moving.client.put(LONG, 'x')).rejects.toThrow(/shadow .* in place of "q\/"/);
    await expect(moving.client.ask('POST', LONG, { query: 'uploads' })).rejects.toMatchObject(refused);
    const upload = (await Uploading.begin(moving.target, LONG)).by(moving.client);
    await upload.part(1, 'x');
    await expect(upload.complete()).rejects.toMatchObject(refused);
    expect([await moving.target.keys(), moving.asked.shadow]).toEqual([[], []]);
    await moving.client.put(`q/${'x'.repeat(24)}`, 'x');
    expect(await moving.shadow.keys()).toEqual([prefixes.prefix + 'x'.repeat(24)]);
  });

  it('is written to the target where it is the prefix itself, and the shadow has no name for it', async () => {
    const moving = await movingBucket({ prefixes: { prefix: '', targetPrefix: 'old/' }, writeThrough: true });
    await moving.client.put('old/', '');
    expect([await moving.client.keys(), await moving.shadow.keys()]).toEqual([['old/'], []]);
  });
});

describe('an object whose name would be too long in the target', () => {
  it('is listed, and remains where it is', async () => {
    const moving = await movingBucket({ prefixes: { prefix: '', targetPrefix: 'old/' } });
    const key = 'x'.repeat(1_024);
    await moving.shadow.put(key, 'x');
    expect(await moving.client.keys()).toEqual([`old/${key}`]);
    const reason = 'its key in the target would be longer than 1024 bytes';
    expect(await moving.bucket.migrate(`old/${key}`)).toEqual({ state: 'failed', reason });
    expect(await moving.target.keys()).toEqual([]);
  });
});

describe('a listing of both', () => {
  const listed = async ({ client }: Moving, query: string) => {
    const { body } = await client.ask('GET', '', { query: `list-type=2&${query}` });
    const { objects, commonPrefixes } = readListing(body);
    return [...objects.map(({ key }) => key), ...commonPrefixes];
  };

  it('shows the shadow’s keys at their new place, rolled up with the target’s', async () => {
    const moving = await movingArchive();
    for (const key of ['archive/1/a', 'archive/b', 'b']) await moving.shadow.put(key, 'x');
    for (const key of ['old/2023/z', 'old/2024/c', 'top']) await moving.target.put(key, 'x');
    expect(await listed(moving, '')).toEqual([
      'old/2023/z',
      'old/2024/1/a',
      'old/2024/b',
      'old/2024/c',
      'top',
    ]);
    expect(await listed(moving, 'delimiter=/')).toEqual(['top', 'old/']);
    expect(await listed(moving, 'prefix=old/&delimiter=/')).toEqual(['old/2023/', 'old/2024/']);
    expect(await listed(moving, 'prefix=old/2024/&delimiter=/')).toEqual([
      'old/2024/b',
      'old/2024/c',
      'old/2024/1/',
    ]);
  });

  it('shows the shadow’s keys as versions at their new place', async () => {
    const moving = await movingArchive();
    for (const key of ['archive/a', 'b']) await moving.shadow.put(key, 'x');
    await moving.target.put('top', 'x');
    const { text } = await moving.client.ask('GET', '', { query: 'versions' });
    expect([...text.matchAll(/<Key>([^<]*)/g)].map(([, key]) => key)).toEqual(['old/2024/a', 'top']);
    const version = await moving.client.ask('GET', 'old/2024/a', { query: 'versionId=null' });
    expect([version.status, version.text]).toEqual([200, 'x']);
  });

  it('does not ask the shadow where it has no part in it', async () => {
    const moving = await movingArchive();
    for (const query of ['prefix=top', 'prefix=archive/', 'start-after=old/2025'])
      expect(await listed(moving, query)).toEqual([]);
    expect(moving.asked.shadow).toHaveLength(0);
  });

  it('hides a common prefix whose keys are all deleted', async () => {
    const moving = await movingArchive({ delete: 'target' });
    for (const key of ['archive/a', 'archive/b', 'b']) await moving.shadow.put(key, 'x');
    await moving.client.ask('DELETE', 'old/2024/a');
    expect(await listed(moving, 'delimiter=/')).toEqual(['old/']);
    await moving.client.ask('DELETE', 'old/2024/b');
    expect(await listed(moving, 'delimiter=/')).toEqual([]);
  });

  it('is what one bucket would list of the renamed keys', async () => {
    const text = fc.array(fc.constantFrom('a', 'b', '/', '//', 'ü', '🌘'), { maxLength: 3 });
    const name = text.map((parts) => parts.join(''));
    const place = fc.constantFrom('target', 'shadow', 'both', 'deleted', 'outside');
    const scene = fc.record({
      prefix: name,
      targetPrefix: name,
      places: fc.array(fc.tuple(name, place), { maxLength: 20 }),
      under: fc.oneof(name, fc.constant('')),
      delimiter: fc.constantFrom('', '/', '//', 'a', 'ab'),
      size: fc.integer({ min: 1, max: 5 }),
      writeThrough: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(
        scene,
        async ({ prefix, targetPrefix, places, under, delimiter, size, writeThrough }) => {
          const moving = await movingBucket({
            prefixes: { prefix, targetPrefix },
            writeThrough,
            delete: 'target',
          });
          const plain = await movingBucket();
          for (const [rest, where] of new Map(places)) {
            const key = where === 'outside' ? `zz${rest}` : targetPrefix + rest;
            if (key === '' || prefix + rest === '' || (where === 'outside' && key.startsWith(targetPrefix)))
              continue;
            if (where !== 'shadow') await moving.target.put(key, 'x');
            if (where === 'outside') await moving.shadow.put(key, 'x');
            else if (where !== 'target') await moving.shadow.put(prefix + rest, 'x');
            if (where === 'deleted') await moving.client.ask('DELETE', key);
            else await plain.target.put(key, 'x');
          }
          // What was put beside the prefix may be one of the shadow's own keys all the same.
          for (const key of await moving.shadow.keys()) {
            const name = key.startsWith(prefix) ? targetPrefix + key.slice(prefix.length) : '';
            if (name !== '' && !(await moving.ledger.isDeleted(name))) await plain.target.put(name, 'x');
          }
          const query = new URLSearchParams({
            prefix: under,
            delimiter,
            'max-keys': String(size),
          }).toString();
          const pages = async (client: Moving['client']) => {
            const names: string[][] = [];
            let next: string | undefined = '';
            while (next !== undefined) {
              const token: string = next && `&continuation-token=${encodeURIComponent(next)}`;
              const asked = `list-type=2&encoding-type=url&${query}${token}`;
              const page = readListing((await client.ask('GET', '', { query: asked })).body);
              names.push([...page.objects.map(({ key }) => key), ...page.commonPrefixes]);
              next = page.nextContinuationToken;
            }
            return names.flat();
          };
          expect(await pages(moving.client)).toEqual(await pages(plain.target));
        },
      ),
      { numRuns: 150 },
    );
  }, 60_000);
});
