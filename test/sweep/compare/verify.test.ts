import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { BackendUnavailable } from '../../../src/backends/backend.js';
import type { HeaderFields, S3Filter, S3Request } from '../../../src/s3/message.js';
import type { Verified } from '../../../src/sweep/compare/verified.js';
import { createVerifier, type VerifierOptions } from '../../../src/sweep/compare/verify.js';
import type { Row } from '../../../src/sweep/row.js';
import { systemClock } from '../../../src/system/clock.js';
import { type Moving, type MovingOptions, movingBucket } from '../../shadow/moving.js';
import { Uploading } from '../../shadow/uploading.js';
import { rowOf } from './rows.js';

const MIB = 1024 * 1024;

interface Setting extends Partial<VerifierOptions> {
  readonly onTarget?: S3Filter;
  readonly onShadow?: S3Filter;
  readonly row?: Row;
}

const asIs: S3Filter = (service) => service;

async function verified(moving: Moving, key: string, setting: Setting = {}): Promise<Verified> {
  const { onTarget = asIs, onShadow = asIs, row, ...options } = setting;
  const verify = createVerifier({
    target: onTarget(moving.stores.target),
    shadow: onShadow(moving.stores.shadow),
    ledger: moving.ledger,
    provenance: true,
    from: moving.from,
    writeThrough: false,
    level: 'listing',
    signal: new AbortController().signal,
    ...options,
  });
  return verify(row ?? (await rowOf(moving, key)));
}

/** A bucket of which `k` was copied. */
async function copied(
  options: MovingOptions = {},
  body = 'abc',
  headers: HeaderFields = {},
): Promise<Moving> {
  const moving = await movingBucket(options);
  await moving.shadow.put('k', body, headers);
  await moving.bucket.migrate('k');
  return moving;
}

/** Replaces bytes in the target behind everybody's back, provenance and all. */
async function corrupt({ target }: Moving, body: string, key = 'k'): Promise<void> {
  const { headers } = await target.ask('HEAD', key);
  const kept = Object.entries(headers).filter(([name]) => /^x-amz-meta-|^content-type$/.test(name));
  await target.put(key, body, Object.fromEntries(kept));
}

async function upload(client: Moving['shadow'], key: string, sizes: readonly number[]): Promise<void> {
  const uploading = await Uploading.begin(client, key);
  for (const [index, size] of sizes.entries()) await uploading.part(index + 1, `${index}`.repeat(size));
  await uploading.complete();
}

const counting =
  (into: S3Request[]): S3Filter =>
  (service) =>
  (request) => {
    into.push(request);
    return service(request);
  };

const md5 = (text: string) => createHash('md5').update(text).digest('hex');

describe('by the listings', () => {
  it('a copy is the same, by its ETag and without a request', async () => {
    const moving = await copied();
    const asked: S3Request[] = [];
    const row = await rowOf(moving, 'k');
    expect(
      await verified(moving, 'k', { row, onTarget: counting(asked), onShadow: counting(asked) }),
    ).toEqual({
      key: 'k',
      size: 3,
      sourceETag: row.source?.etag,
      targetETag: row.target?.etag,
      hash: { algorithm: 'md5', value: md5('abc') },
      level: 'listing',
      result: 'same',
    });
    expect(asked).toEqual([]);
  });

  it.each([
    ['other bytes', 'xyz', 'their ETags differ'],
    ['another size', 'ab', 'the shadow has 3 bytes, the target 2'],
  ])('a copy with %s is different', async (_, body, reason) => {
    const moving = await copied();
    await corrupt(moving, body);
    expect(await verified(moving, 'k')).toMatchObject({ result: 'different', reason });
  });

  it('ETags of which one is of parts prove nothing, and nothing is said to be wrong', async () => {
    const moving = await movingBucket();
    await upload(moving.shadow, 'k', [4, 2]);
    await moving.target.put('k', '000011');
    expect(await verified(moving, 'k')).toMatchObject({
      result: 'unverifiable',
      reason: 'the source alone is in parts, so the ETags differ',
    });
  });

  it('ETags of a store that encrypts prove nothing', async () => {
    const moving = await copied();
    await corrupt(moving, 'xyz');
    const encrypted: S3Filter = (service) => async (request) => {
      const answer = await service(request);
      return { ...answer, headers: { ...answer.headers, 'x-amz-server-side-encryption': 'aws:kms' } };
    };
    expect((await verified(moving, 'k', { onTarget: encrypted })).result).toBe('unverifiable');
  });

  it('what the shadow alone has is missing', async () => {
    const moving = await movingBucket();
    await moving.shadow.put('k', 'abc');
    expect(await verified(moving, 'k')).toMatchObject({ result: 'missing', size: 3, targetETag: undefined });
  });

  it('what clients deleted is deleted, and not missing', async () => {
    const moving = await copied({ delete: 'target' });
    await moving.client.ask('DELETE', 'k');
    await moving.settled();
    expect(await verified(moving, 'k')).toMatchObject({ result: 'deleted' });
  });

  it('what clients wrote in place of a copy is no defect', async () => {
    const moving = await copied();
    await moving.client.put('k', 'by a client');
    expect(await verified(moving, 'k')).toMatchObject({
      result: 'rewritten',
      reason: 'clients wrote it to the target',
    });
  });

  it('with write-through it is one: the shadow should have it, too', async () => {
    const moving = await copied();
    await moving.client.put('k', 'by a client');
    expect(await verified(moving, 'k', { writeThrough: true })).toMatchObject({
      result: 'different',
      reason: expect.stringContaining('clients wrote it, and the shadow does not have that'),
    });
  });

  it('without provenance nobody can tell, and it is said to be different', async () => {
    const moving = await copied({ provenance: false });
    await moving.client.put('k', 'by a client');
    expect(await verified(moving, 'k', { provenance: false })).toMatchObject({
      result: 'different',
      reason: expect.stringContaining('cannot be told'),
    });
  });

  it('an object that had no room for provenance is not taken for a client’s', async () => {
    const moving = await copied({}, 'abc', { 'x-amz-meta-a': 'a'.repeat(2_000) });
    await corrupt(moving, 'ab');
    expect(await verified(moving, 'k')).toMatchObject({ result: 'different' });
  });

  it('a copy of what a legacy writer changed since is different, and that is told', async () => {
    const moving = await copied();
    await moving.shadow.put('k', 'newer');
    expect(await verified(moving, 'k')).toMatchObject({
      result: 'different',
      reason: expect.stringContaining("the shadow's object was written after it was copied"),
    });
  });

  it.each([
    ['clients wrote', false, 'clients wrote it to the target'],
    ['clients wrote with write-through on', true, 'clients wrote it, and the shadow does not have it'],
  ])('what the target alone has is extra: %s', async (_, writeThrough, reason) => {
    const moving = await movingBucket();
    await moving.client.put('k', 'abc');
    expect(await verified(moving, 'k', { writeThrough })).toMatchObject({ result: 'extra', reason });
  });

  it('what the target alone has is extra: a copy whose source is gone', async () => {
    const moving = await copied();
    await moving.shadow.ask('DELETE', 'k');
    expect(await verified(moving, 'k')).toMatchObject({
      result: 'extra',
      reason: 'a copy of an object that the shadow has no longer',
    });
  });
});

describe('what was read while clients write', () => {
  it('is looked at once more before it is told to be missing', async () => {
    const moving = await movingBucket();
    await moving.shadow.put('k', 'abc');
    const row = await rowOf(moving, 'k');
    await moving.bucket.migrate('k');
    expect(await verified(moving, 'k', { row })).toMatchObject({ result: 'same' });
  });

  it('is looked at once more before it is told to be different', async () => {
    const moving = await movingBucket({ writeThrough: true });
    await moving.client.put('k', 'old');
    const { source } = await rowOf(moving, 'k');
    await moving.client.put('k', 'newer');
    const row = { ...(await rowOf(moving, 'k')), source };
    expect(await verified(moving, 'k', { row, writeThrough: true })).toMatchObject({ result: 'same' });
  });

  it('was deleted since, by clients or from both', async () => {
    const moving = await movingBucket({ delete: 'target' });
    for (const key of ['by clients', 'from both']) await moving.shadow.put(key, 'abc');
    const rows = { first: await rowOf(moving, 'by clients'), second: await rowOf(moving, 'from both') };
    await moving.client.ask('DELETE', 'by clients');
    await moving.shadow.ask('DELETE', 'from both');
    expect(await verified(moving, '', { row: rows.first })).toMatchObject({ result: 'deleted' });
    expect(await verified(moving, '', { row: rows.second })).toMatchObject({ result: 'deleted' });
  });

  it('is not judged while a write of it is under way', async () => {
    const moving = await movingBucket({ writeThrough: true });
    await moving.client.put('k', 'old');
    await moving.shadow.put('k', 'half of a write');
    await moving.ledger.openIntent('k', 'exclusive');
    expect(await verified(moving, 'k', { writeThrough: true })).toMatchObject({
      result: 'unverifiable',
      reason: 'it is being written',
    });
  });

  it('is not judged while it is another object at each look', async () => {
    const moving = await copied();
    await corrupt(moving, 'xyz');
    let count = 0;
    const changing: S3Filter = (service) => async (request) => {
      count += 1;
      if (request.method === 'HEAD') await corrupt(moving, `${count}`);
      return service(request);
    };
    expect(await verified(moving, 'k', { onTarget: changing })).toMatchObject({
      result: 'unverifiable',
      reason: 'it is being written',
    });
    expect(count).toBe(3);
  });
});

describe('by checksums', () => {
  const level = 'checksum' as const;

  it('a copy is the same by what both stores say of it', async () => {
    const moving = await copied();
    const asked: S3Request[] = [];
    const result = await verified(moving, 'k', {
      level,
      onTarget: counting(asked),
      onShadow: counting(asked),
    });
    expect(result).toMatchObject({ result: 'same', hash: { value: md5('abc') } });
    expect(asked.map(({ method }) => method)).toEqual(['HEAD', 'HEAD']);
  });

  it('the ETag that the copy keeps of its source proves nothing: its own bytes are asked', async () => {
    const moving = await copied();
    await corrupt(moving, 'xyz');
    expect(await verified(moving, 'k', { level })).toMatchObject({
      result: 'different',
      reason: 'their md5 differs',
    });
  });

  it('metadata counts', async () => {
    const moving = await copied({}, 'abc', { 'content-type': 'image/png', 'x-amz-meta-a': '1' });
    const { headers } = await moving.target.ask('HEAD', 'k');
    await moving.target.put('k', 'abc', { ...headers, 'content-type': 'image/gif', 'x-amz-meta-a': '2' });
    expect(await verified(moving, 'k', { level })).toMatchObject({
      result: 'different',
      reason: 'their metadata differs: content-type, x-amz-meta-a',
    });
  });

  it.each([
    ['the source is in parts', 'shadow', [5 * MIB, 7], 1],
    ['the source is in uneven parts', 'shadow', [5 * MIB, 6 * MIB, 7], 2],
    ['the copy is in parts', 'target', [5 * MIB, 7], 1],
  ] as const)(
    'the other ETag is recomputed from the bytes where %s',
    async (_, side, sizes, readsOfTarget) => {
      const moving = await movingBucket();
      const other = side === 'shadow' ? moving.target : moving.shadow;
      await upload(moving[side], 'k', sizes);
      const body = (await moving[side].ask('GET', 'k')).body;
      await other.put('k', body);
      const reads: S3Request[] = [];
      const result = await verified(moving, 'k', { level, onTarget: counting(reads) });
      expect(result).toMatchObject({ result: 'same' });
      expect(reads.filter(({ method }) => method === 'GET')).toHaveLength(readsOfTarget);
      const wrong = Buffer.from(body);
      wrong[100] = 0;
      await other.put('k', wrong);
      expect(await verified(moving, 'k', { level, provenance: false })).toMatchObject({
        result: 'different',
      });
    },
  );

  it('parts that the source does not tell are found by its hash', async () => {
    const moving = await movingBucket();
    await upload(moving.shadow, 'k', [8 * MIB, 7]);
    await moving.target.put('k', (await moving.shadow.ask('GET', 'k')).body);
    const withoutParts: S3Filter = (service) => (request) =>
      service({ ...request, query: request.query.filter(([name]) => name !== 'partNumber') });
    expect(await verified(moving, 'k', { level, onShadow: withoutParts })).toMatchObject({ result: 'same' });
  });

  it('the source is read and hashed as the copy where it tells no hash of its own', async () => {
    const moving = await movingBucket();
    await upload(moving.target, 'k', [5 * MIB, 7]);
    await moving.shadow.put('k', (await moving.target.ask('GET', 'k')).body);
    const opaque: S3Filter = (service) => async (request) => {
      const answer = await service(request);
      return { ...answer, headers: { ...answer.headers, etag: '"opaque"' } };
    };
    expect(await verified(moving, 'k', { level, onShadow: opaque })).toMatchObject({ result: 'same' });
  });

  it('where no store tells a hash, the bytes of both are compared', async () => {
    const moving = await copied();
    const hashless: S3Filter = (service) => async (request) => {
      const answer = await service(request);
      return { ...answer, headers: { ...answer.headers, etag: '"opaque"' } };
    };
    const hidden = { onTarget: hashless, onShadow: hashless };
    expect(await verified(moving, 'k', { level, ...hidden })).toMatchObject({
      result: 'same',
      hash: { algorithm: 'sha256' },
    });
    await moving.target.put('k', 'abd');
    expect(await verified(moving, 'k', { level, ...hidden, provenance: false })).toMatchObject({
      result: 'different',
    });
  });
});

describe('by content', () => {
  const level = 'content' as const;

  it('a copy is the same by the SHA-256 of both', async () => {
    const moving = await copied();
    const value = createHash('sha256').update('abc').digest('hex');
    expect(await verified(moving, 'k', { level })).toMatchObject({
      result: 'same',
      hash: { algorithm: 'sha256', value },
    });
  });

  it('bytes that rotted under their ETag are found', async () => {
    const moving = await copied();
    const rotten: S3Filter = (service) => async (request) => {
      const answer = await service(request);
      return request.method === 'GET' ? { ...answer, body: Buffer.from('abd') } : answer;
    };
    expect(await verified(moving, 'k', { level, onTarget: rotten })).toMatchObject({
      result: 'different',
      reason: 'the bytes that the target sends are not those of its ETag',
    });
    expect(await verified(moving, 'k', { level: 'checksum', onTarget: rotten })).toMatchObject({
      result: 'same',
    });
  });

  it('an object that is replaced while it is read is read anew', async () => {
    const moving = await movingBucket({ writeThrough: true });
    await moving.client.put('k', 'old');
    let replaced = false;
    const replacing: S3Filter = (service) => async (request) => {
      if (request.method === 'GET' && !replaced) {
        replaced = true;
        await moving.client.put('k', 'new');
      }
      return service(request);
    };
    expect(await verified(moving, 'k', { level, onTarget: replacing })).toMatchObject({
      result: 'same',
      hash: { value: createHash('sha256').update('new').digest('hex') },
    });
  });

  it.each([
    ['refuses', 'the shadow answered 503 to a GET'],
    ['is silent', 'the shadow gave no answer (reset)'],
  ])('a store that %s makes a key unverifiable, not different', async (how, reason) => {
    const moving = await copied();
    const failing: S3Filter = (service) => async (request) => {
      if (request.method !== 'GET') return service(request);
      if (how === 'refuses') return { status: 503, headers: {} };
      throw new BackendUnavailable('old', 'reset', true);
    };
    expect(await verified(moving, 'k', { level, onShadow: failing })).toMatchObject({
      result: 'unverifiable',
      reason,
    });
  });
});

describe('with write-through', () => {
  it('a key that is being written is looked at until the write is settled', async () => {
    const moving = await movingBucket({ writeThrough: true });
    await moving.target.put('k', 'new');
    await moving.shadow.put('k', 'old');
    const row = await rowOf(moving, 'k');
    const intent = await moving.ledger.openIntent('k', 'exclusive');
    const judging = verified(moving, 'k', { row, writeThrough: true, clock: systemClock });
    await systemClock.sleep(150);
    await moving.shadow.put('k', 'new');
    await moving.ledger.closeIntent(intent);
    expect(await judging).toMatchObject({ result: 'same' });
  });

  it('what stays different is told, however long it was looked at', async () => {
    const moving = await movingBucket({ writeThrough: true });
    await moving.target.put('k', 'new');
    await moving.shadow.put('k', 'old');
    const settings = { writeThrough: true, clock: systemClock };
    expect(await verified(moving, 'k', settings)).toMatchObject({ result: 'different' });
  });
});
