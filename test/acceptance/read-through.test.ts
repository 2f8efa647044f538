import { randomBytes } from 'node:crypto';
import { GetObjectTaggingCommand } from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { describeMoves } from './scenarios.js';

const SETTINGS = {
  ContentType: 'text/csv; charset=utf-8',
  CacheControl: 'max-age=60',
  ContentDisposition: 'attachment; filename="list.csv"',
  ContentEncoding: 'identity',
  ContentLanguage: 'de',
  Expires: new Date(Date.UTC(2040, 0, 1)),
  Metadata: { owner: 'ada', 'with-dashes': 'and spaces in the value' },
};

const TAGS = [
  { Key: 'project', Value: 'apollo 11' },
  { Key: 'state', Value: 'a/b+c=d' },
];

const MEBIBYTE = 1024 * 1024;

describeMoves((world) => {
  test('an object is read from the shadow once, and comes with all that belongs to it', async () => {
    const body = randomBytes(100_000);
    const { bucket, old } = await world().move((before) =>
      before.put('a/list.csv', body, { ...SETTINGS, Tagging: 'project=apollo%2011&state=a%2Fb%2Bc%3Dd' }),
    );
    const { Expires: _, ...kept } = SETTINGS;
    const ExpiresString = SETTINGS.Expires.toUTCString();
    const first = await bucket.get('a/list.csv');
    expect(first).toMatchObject({ ...kept, ExpiresString, source: 'shadow' });
    expect(first.bytes.equals(body)).toBe(true);

    await expect.poll(async () => (await bucket.head('a/list.csv')).source).toBe('target');
    const second = await bucket.get('a/list.csv');
    expect(second).toMatchObject({ ...kept, ExpiresString, source: 'target', ETag: first.ETag });
    expect(second.bytes.equals(body)).toBe(true);
    const tagging = { Bucket: bucket.name, Key: 'a/list.csv' };
    const { TagSet = [] } = await bucket.sdk.send(new GetObjectTaggingCommand(tagging));
    expect(TagSet).toHaveLength(2);
    expect(TagSet).toEqual(expect.arrayContaining(TAGS));
    expect(world().proxy.count('GET', `/${old.name}/a/list.csv`)).toBeLessThanOrEqual(2);
  });

  // A target that does not judge If-None-Match when an upload is completed gets the object in one piece.
  test('an object that was written in parts keeps its bytes, and its ETag where the target can make it', async () => {
    const body = randomBytes(11 * MEBIBYTE);
    const { bucket, old } = await world().move((before) =>
      before.putInParts('parts', body, {
        ContentType: 'application/x-parts',
        Metadata: { made: 'in parts' },
      }),
    );
    const { ETag } = await old.head('parts');
    const first = await bucket.get('parts');
    expect(first).toMatchObject({ source: 'shadow', ETag });
    expect(first.bytes.equals(body)).toBe(true);
    await expect.poll(async () => (await bucket.head('parts')).source, { timeout: 10_000 }).toBe('target');
    const second = await bucket.get('parts');
    if (world().scenario.target === 'disk') expect(second.ETag).toBe(ETag);
    expect(second).toMatchObject({ ContentType: 'application/x-parts', Metadata: { made: 'in parts' } });
    expect(second.bytes.equals(body)).toBe(true);
  });

  test('an empty object is copied as well', async () => {
    const { bucket } = await world().move((before) => before.put('empty', ''));
    expect(await bucket.get('empty')).toMatchObject({ source: 'shadow', ContentLength: 0 });
    await expect.poll(async () => (await bucket.head('empty')).source).toBe('target');
  });

  test('a range is answered at once, and the whole object follows by itself', async () => {
    const body = randomBytes(300_000);
    const { bucket } = await world().move((before) => before.put('ranged', body));
    const part = await bucket.get('ranged', { Range: 'bytes=1000-1999' });
    expect(part).toMatchObject({
      $metadata: { httpStatusCode: 206 },
      ContentRange: 'bytes 1000-1999/300000',
      source: 'shadow',
    });
    expect(part.bytes.equals(body.subarray(1000, 2000))).toBe(true);
    await expect.poll(async () => (await bucket.head('ranged')).source).toBe('target');
    expect((await bucket.get('ranged')).bytes.equals(body)).toBe(true);
    const end = await bucket.get('ranged', { Range: 'bytes=-5' });
    expect(end.bytes.equals(body.subarray(-5))).toBe(true);
  });

  test('HEAD and conditions are answered by the shadow and copy nothing', async () => {
    const { bucket, old } = await world().move((before) =>
      before.put('seen', 'as it was', { Metadata: { a: 'b' } }),
    );
    const { ETag } = await old.head('seen');
    expect(await bucket.head('seen')).toMatchObject({ ETag, ContentLength: 9, Metadata: { a: 'b' } });
    const status = (httpStatusCode: number) =>
      expect.objectContaining({ $metadata: expect.objectContaining({ httpStatusCode }) });
    await expect(bucket.get('seen', { IfNoneMatch: ETag })).rejects.toEqual(status(304));
    await expect(bucket.get('seen', { IfMatch: '"another"' })).rejects.toEqual(status(412));
    await expect(bucket.get('seen', { Range: 'bytes=100-' })).rejects.toEqual(status(416));
    expect((await bucket.head('seen')).source).toBe('shadow');
  });

  test('many readers of one key cause one read of the shadow', async () => {
    const body = randomBytes(4 * MEBIBYTE);
    const { bucket, old } = await world().move((before) => before.put('popular', body));
    const path = `/${old.name}/popular`;
    world().proxy.holdBodies(MEBIBYTE);
    const reads = Array.from({ length: 8 }, () => bucket.get('popular'));
    await expect.poll(() => world().proxy.count('GET', path)).toBe(1);
    world().proxy.heal();
    for (const { bytes } of await Promise.all(reads)) expect(bytes.equals(body)).toBe(true);
    expect(world().proxy.count('GET', path)).toBe(1);
  });

  test('a reader that leaves does not stop the copy', async () => {
    const body = randomBytes(4 * MEBIBYTE);
    const { bucket, old } = await world().move((before) => before.put('left', body));
    world().proxy.holdBodies(MEBIBYTE);
    const leaving = new AbortController();
    const read = bucket.get('left', {}, leaving.signal);
    await expect.poll(() => world().proxy.count('GET', `/${old.name}/left`)).toBe(1);
    leaving.abort();
    await expect(read).rejects.toThrow();
    world().proxy.heal();
    await expect.poll(async () => (await bucket.head('left')).source, { timeout: 5_000 }).toBe('target');
    expect((await bucket.get('left')).bytes.equals(body)).toBe(true);
    expect(world().proxy.count('GET', `/${old.name}/left`)).toBe(1);
  });

  test('a shadow that breaks off half-way tears the read, and the target has nothing of it', async () => {
    const body = randomBytes(4 * MEBIBYTE);
    const { bucket } = await world().move((before) => before.put('cut', body));
    world().proxy.cutBodies(MEBIBYTE);
    await expect(bucket.get('cut')).rejects.toThrow();
    expect((await bucket.head('cut')).source).toBe('shadow');
    world().proxy.heal();
    const again = await bucket.get('cut');
    expect([again.source, again.bytes.equals(body)]).toEqual(['shadow', true]);
    await expect.poll(async () => (await bucket.head('cut')).source).toBe('target');
  });

  test('a key that neither store has is not found', async () => {
    const { bucket } = await world().move();
    await expect(bucket.get('nothing')).rejects.toMatchObject({ name: 'NoSuchKey' });
    expect(await bucket.has('nothing')).toBe(false);
  });

  test.each(['reset', 500, 403, 429] as const)(
    'a shadow that fails (%s) makes a key unavailable, never absent',
    async (fault) => {
      const { bucket, old } = await world().move((before) => before.put('there', 'still'));
      world().proxy.disturb(({ target }) => (target.startsWith(`/${old.name}/`) ? fault : undefined));
      const unavailable = { $metadata: { httpStatusCode: 503 } };
      await expect(bucket.get('there')).rejects.toMatchObject({ name: 'ServiceUnavailable', ...unavailable });
      await expect(bucket.head('there')).rejects.toMatchObject(unavailable);
      await bucket.put('new', 'written meanwhile');
      expect(await bucket.text('new')).toBe('written meanwhile');
      world().proxy.heal();
      expect(await bucket.text('there')).toBe('still');
    },
  );
});
