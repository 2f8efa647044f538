import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readInitiateResult, writeComplete } from '../../src/s3/xml/multipart.js';
import { type Member, openWorld, start, until, type World, withBucket } from './world.js';

let world: World;

beforeEach(async () => {
  world = await openWorld();
});

afterEach(() => world.close());

const OBJECTS = { a: 'one', b: 'two' };

/** An upload in one part, step by step. */
async function upload(member: Member, key: string) {
  const begun = await member.told('CreateMultipartUpload', 'POST', { key, query: [['uploads', '']] });
  const { uploadId } = readInitiateResult(Buffer.from(begun));
  const id = ['uploadId', uploadId] as const;
  let etag = '';
  return {
    async part(body: string): Promise<number | string> {
      const asked = { key, body, query: [['partNumber', '1'], id] as const };
      const status = await member.ask('UploadPart', 'PUT', asked);
      const parts = await member.told('ListParts', 'GET', { key, query: [id] });
      etag = /<ETag>(?:&quot;|")?([0-9a-f]+)/.exec(parts)?.[1] ?? '';
      return status;
    },
    complete: () =>
      member.ask('CompleteMultipartUpload', 'POST', {
        key,
        query: [id],
        body: writeComplete([{ partNumber: 1, etag: `"${etag}"` }]),
      }),
  };
}

/** Has the copying of `b` fail until it is let be. */
function failing() {
  let isHealed = false;
  world.intercept.new = async ({ operation, key }) =>
    !isHealed && operation === 'PutObject' && key === 'b' ? { status: 500, headers: {} } : undefined;
  return () => {
    isHealed = true;
  };
}

const copying = (member: Member, id: number) =>
  expect.poll(async () => (await member.parts.jobs.get(id)).phase, { timeout: 10_000 }).toBe('copy');

describe('an upload in parts', () => {
  it('that was begun before a gated job is unknown once the bucket has changed over', async () => {
    const member = await withBucket(world, OBJECTS);
    const before = await upload(member, 'parts');
    expect(await before.part('in parts')).toBe(200);
    const { id } = await start(member);
    expect(await before.complete()).toBe('SlowDown');
    await until(member, id, 'succeeded');
    expect([404, 'NoSuchUpload']).toContain(await before.complete());
    expect(await world.stores.new.all()).toEqual(OBJECTS);
  });

  it('goes on after a gated job that was cancelled', async () => {
    const member = await withBucket(world, OBJECTS);
    const before = await upload(member, 'parts');
    expect(await before.part('in parts')).toBe(200);
    failing();
    const { id } = await start(member);
    await copying(member, id);
    await member.parts.jobs.cancel(id);
    await until(member, id, 'cancelled');
    expect(await before.complete()).toBe(200);
    expect(await member.text('parts')).toBe('in parts');
  });

  it('that was begun while clients write to both places goes on through the flip', async () => {
    const member = await withBucket(world, OBJECTS);
    const heal = failing();
    const { id } = await start(member, { writes: 'live' });
    await copying(member, id);
    const during = await upload(member, 'parts');
    expect(await during.part('in parts')).toBe(200);
    heal();
    await until(member, id, 'succeeded');
    expect(await during.complete()).toBe(200);
    expect(await world.stores.new.all()).toEqual({ ...OBJECTS, parts: 'in parts' });
  });
});
