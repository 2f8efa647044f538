import { CopyObjectCommand, DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { S3Request } from '../../src/s3/message.js';
import { runCli } from '../support/cli.js';
import { StoreClient } from '../support/store-client.js';
import { ROOT, startTestGateway, type TestGateway } from './harness.js';

const Bucket = 'photos';
const { accessKeyId, secretAccessKey } = ROOT;
const MANY = Array.from({ length: 30 }, (_, index) => `many/${String(index).padStart(2, '0')}`);

let legacy: TestGateway;
let gateway: TestGateway;
let refuses: ((request: S3Request) => boolean) | undefined;

beforeAll(async () => {
  [legacy, gateway] = await Promise.all([
    startTestGateway(),
    startTestGateway({
      filter: (service) => async (request) =>
        refuses?.(request) ? { status: 503, headers: {} } : service(request),
    }),
  ]);
  await legacy.createBucket('old');
  for (const key of ['copied', 'deleted', 'drifted', 'left', 'rewritten', ...MANY]) await inLegacy(key, key);
  await gateway.createBucket(Bucket, {
    shadow: {
      name: 'old',
      endpoint: legacy.url,
      region: 'us-east-1',
      access_key_id: accessKeyId,
      secret_access_key: secretAccessKey,
      delete: 'target',
    },
  });
  for (const key of ['copied', 'drifted', 'rewritten', ...MANY]) await copied(key);
  await gateway.sdk().send(new PutObjectCommand({ Bucket, Key: 'rewritten', Body: 'by a client' }));
  await gateway.sdk().send(new PutObjectCommand({ Bucket, Key: 'own', Body: 'by a client' }));
  await gateway.sdk().send(new DeleteObjectCommand({ Bucket, Key: 'deleted' }));
  await inLegacy('drifted', 'newer');
});

afterAll(async () => {
  await gateway?.close();
  await legacy?.close();
});

async function inLegacy(Key: string, Body: string): Promise<void> {
  await legacy.sdk().send(new PutObjectCommand({ Bucket: 'old', Key, Body }));
}

/** Who asks for the tags of an object has it brought over first. */
async function copied(key: string): Promise<void> {
  expect((await gateway.send({ target: `/${Bucket}/${key}?tagging` })).status).toBe(200);
}

const storage = (...args: string[]) =>
  runCli(['storage', ...args], {
    env: { PENUMBRA_URL: gateway.url, PENUMBRA_ADMIN_PASSWORD: 'open sesame' },
  });

interface Line {
  readonly key: string;
  readonly result: string;
  readonly summary?: { readonly keys: number; readonly results: Readonly<Record<string, number>> };
}

async function reported(...flags: string[]): Promise<Line[]> {
  const { code, stdout, stderr } = await storage('report', Bucket, ...flags);
  expect([code, stderr]).toEqual([0, expect.stringContaining('keys')]);
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

describe('a report', () => {
  test.each(['listing', 'checksum', 'content'])(
    'tells of every key what came of it, by %s',
    async (level) => {
      const lines = await reported('--level', level);
      const summary = lines.pop();
      expect(lines.map(({ key }) => key)).toEqual(
        ['copied', 'deleted', 'drifted', 'left', ...MANY, 'own', 'rewritten'].sort(),
      );
      expect(Object.fromEntries(lines.map(({ key, result }) => [key, result]))).toMatchObject({
        copied: 'same',
        deleted: 'deleted',
        drifted: 'different',
        left: 'missing',
        own: 'extra',
        rewritten: 'rewritten',
      });
      expect(summary?.summary).toMatchObject({
        keys: 36,
        results: { same: 31, deleted: 1, different: 1, missing: 1, extra: 1, rewritten: 1, unverifiable: 0 },
      });
    },
  );

  test('of a sample has some of the keys, the same ones each time', async () => {
    const lines = await reported('--sample', '40%');
    expect(lines.length).toBeGreaterThan(5);
    expect(lines.length).toBeLessThan(30);
    expect(await reported('--sample', '0.4')).toEqual(lines);
  });

  test('is not whole when a store cannot be listed', async () => {
    refuses = ({ operation }) => operation === 'ListObjectsV2';
    const { code, stdout, stderr } = await storage('report', Bucket).finally(() => {
      refuses = undefined;
    });
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toBe('error: the report is not whole: the store answered 503 to a listing\n');
  });

  test.each([
    ['level=all', 'must be listing, checksum, content'],
    ['sample=2', 'sample 2 must be a share of the keys, above 0 to 1'],
    ['sample=x', 'sample'],
  ])('is refused for %s', async (query, reason) => {
    await expect(gateway.admin('GET', `/buckets/${Bucket}/report?${query}`)).rejects.toThrow(reason);
  });

  test('is refused of a bucket without a shadow', async () => {
    await gateway.createBucket('plain');
    const { code, stderr } = await storage('report', 'plain');
    expect([code, stderr]).toEqual([1, 'error: bucket "plain" has no shadow\n']);
  });
});

describe('what both stores list', () => {
  const page = (query: string) => gateway.admin('GET', `/buckets/${Bucket}/objects?${query}`);
  const whereOf = ({ objects }: Record<string, unknown>) =>
    Object.fromEntries((objects as { key: string; where: string }[]).map(({ key, where }) => [key, where]));

  test('is told key by key, with where each lives', async () => {
    const first = await page('delimiter=/');
    expect(whereOf(first)).toEqual({
      copied: 'both',
      deleted: 'tombstone',
      drifted: 'both',
      left: 'shadow',
      own: 'target',
      rewritten: 'both',
    });
    expect(first).toMatchObject({ prefixes: [{ prefix: 'many/', where: 'both' }], next: null });
    expect(first.objects).toContainEqual({
      key: 'left',
      where: 'shadow',
      size: 4,
      etag: expect.stringMatching(/^"/),
      last_modified: expect.any(String),
    });
  });

  test('comes in pages that lead on', async () => {
    const { objects, next } = await page('prefix=many/&limit=20');
    expect(objects).toHaveLength(20);
    expect(whereOf(await page(`prefix=many/&limit=20&after=${next}`))).toEqual(
      Object.fromEntries(MANY.slice(20).map((key) => [key, 'both'])),
    );
  });
});

describe('a presigned URL', () => {
  test('downloads an object without any key, wherever it is', async () => {
    const { url, expires_at } = await gateway.admin('POST', `/buckets/${Bucket}/presign`, {
      key: 'own',
      expires_seconds: 60,
    });
    const answer = await fetch(String(url));
    expect([answer.status, await answer.text()]).toEqual([200, 'by a client']);
    expect(answer.headers.get('content-disposition')).toBe('attachment');
    expect(Date.parse(String(expires_at))).toBeGreaterThan(Date.now());
  });

  test('is refused where the bucket has no key to sign with', async () => {
    const { access_key_id } = await gateway.admin('POST', '/buckets', { name: 'keyless' });
    await gateway.admin('DELETE', `/keys/${access_key_id}`);
    await expect(gateway.admin('POST', '/buckets/keyless/presign', { key: 'k' })).rejects.toThrow(
      /409.*no_key/,
    );
  });
});

describe('the explanation', () => {
  const explained = async (key: string, bucket = Bucket) => {
    const { code, stdout, stderr } = await storage('explain', bucket, key, '--json');
    expect([code, stderr]).toEqual([0, '']);
    return JSON.parse(stdout);
  };

  test('of a copy tells who made it, and that both have it', async () => {
    expect(await explained('copied')).toMatchObject({
      where: 'both',
      tombstone: null,
      provenance: { copied_by: 'read', gateway: expect.any(String), copied_at: expect.any(String) },
      compared: { result: 'same' },
      get: { answer: 'target', copies: false },
    });
  });

  test('of what the shadow alone has changes nothing', async () => {
    for (let times = 0; times < 2; times += 1) {
      expect(await explained('left')).toMatchObject({
        where: 'shadow',
        target: { state: 'absent', metadata: {} },
        shadow: { state: 'present', metadata: { 'content-type': 'application/octet-stream' } },
        get: { answer: 'shadow', copies: true },
      });
    }
    const target = new StoreClient(gateway.main.service, Bucket);
    expect(await target.text('left')).toBeUndefined();
  });

  test.each([
    ['deleted', { where: 'shadow', tombstone: { shadow_delete: 'kept' }, get: { answer: 'not-found' } }],
    ['drifted', { compared: { result: 'different' }, provenance: { copied_by: 'read' } }],
    ['rewritten', { compared: { result: 'rewritten' }, provenance: null }],
    ['own', { where: 'target', shadow: { state: 'absent' }, compared: null }],
    ['nowhere', { where: 'neither', get: { answer: 'not-found', why: 'neither store has it' } }],
  ])('of what was %s', async (key, expected) => {
    expect(await explained(key)).toMatchObject(expected);
  });

  test('of a store that does not tell says so', async () => {
    refuses = ({ operation, key }) => operation === 'HeadObject' && key === 'copied';
    const told = await explained('copied').finally(() => {
      refuses = undefined;
    });
    expect(told).toMatchObject({
      where: 'unknown',
      target: { state: 'unknown', reason: 'answered 503 when it was asked for it' },
      get: { answer: 'unavailable' },
    });
  });

  test('of a key of a bucket without a shadow is the target’s alone', async () => {
    await gateway.createBucket('alone');
    await gateway.sdk().send(new PutObjectCommand({ Bucket: 'alone', Key: 'k', Body: 'abc' }));
    expect(await explained('k', 'alone')).toMatchObject({ where: 'target', shadow: null });
  });

  test('of what a client made of a copy by CopyObject knows no copy', async () => {
    await gateway.sdk().send(new CopyObjectCommand({ Bucket, Key: 'z', CopySource: `${Bucket}/copied` }));
    expect(await explained('z')).toMatchObject({ where: 'target', provenance: null });
  });

  test('is told in words', async () => {
    const { stdout } = await storage('explain', Bucket, 'deleted');
    expect(stdout).toContain('Lives in  the shadow alone\n');
    expect(stdout).toMatch(/Deleted {3}by clients at \S+; the shadow is left alone on purpose\n/);
    expect(stdout).toContain('GET       404 NoSuchKey: clients deleted it\n');
    const copy = (await storage('explain', Bucket, 'copied')).stdout;
    expect(copy).toMatch(/Copied {4}by a client's read on \S+ at \S+, from ETag "\w+" written \S+\n/);
    expect(copy).toContain('GET       answered by the target: the target has it\n');
  });
});
