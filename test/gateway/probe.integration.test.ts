import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CreateBucketCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createRemoteBackend } from '../../src/backends/remote/remote.js';
import { probeShadow } from '../../src/gateway/probe.js';
import { probeConditionalWrites } from '../../src/gateway/probe-conditional-writes.js';
import type { ProbeTarget } from '../../src/gateway/scratch-object.js';
import { createStores } from '../../src/gateway/stores.js';
import type { S3Service } from '../../src/s3/message.js';
import { type Clock, systemClock } from '../../src/system/clock.js';
import { describeWith } from '../support/describe-with.js';
import type { Rgw } from '../support/rgw.js';
import { sharedRgw } from '../support/shared-rgw.js';
import { declaredBackends } from './declared-backends.js';

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

const PLACE = {
  bucket: 'legacy',
  region: 'eu-west-1',
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI',
};

const OPTIONS = {
  stores: createStores({ backends: declaredBackends(), clock: systemClock }),
  clock: systemClock,
};

const SHADOW = {
  writeThrough: false,
  rung: 'read-through' as const,
  aim: 'read-through' as const,
  confirmed: true,
  delete: 'target' as const,
  prefix: '',
  targetPrefix: '',
  since: '2026-01-01T00:00:00.000Z',
};

const EMPTY_PAGE = { status: 200, body: '<ListBucketResult><Name>legacy</Name></ListBucketResult>' };
const ONE_KEY = {
  status: 200,
  body: '<ListBucketResult><Name>legacy</Name><Contents><Key>a</Key></Contents></ListBucketResult>',
};
const NOT_FOUND = { status: 404 };

/** Takes every write and has nothing. */
const acceptAll: S3Service = async ({ method }) => ({ status: method === 'DELETE' ? 204 : 200, headers: {} });
const TARGET: ProbeTarget = { service: acceptAll, bucket: 'photos' };

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** A shadow that gives these answers, by `METHOD /path?query`; the first pattern that matches counts. */
async function shadowThat(answers: readonly (readonly [RegExp, Answer])[]) {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const line = `${request.method} ${request.url}`;
    requests.push(line);
    const [, answer] = answers.find(([pattern]) => pattern.test(line)) ?? [];
    if (answer === undefined) return;
    response.writeHead(answer.status, { 'content-type': 'application/xml', ...answer.headers });
    response.end(request.method === 'HEAD' ? undefined : answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

function errorXml(code: string): string {
  return `<Error><Code>${code}</Code><Message>${PLACE.secretAccessKey} of AKIDEXAMPLE is wrong</Message></Error>`;
}

describe('a shadow is refused with one reason, in which no secret shows', () => {
  it.each([
    [403, 'InvalidAccessKeyId', 'shadow refused the access key: InvalidAccessKeyId'],
    [403, 'SignatureDoesNotMatch', 'shadow refused the access key: SignatureDoesNotMatch'],
    [404, 'NoSuchBucket', 'shadow has no such bucket: "legacy"'],
    [403, 'AccessDenied', 'shadow "legacy" does not allow listing (s3:ListBucket): AccessDenied'],
    [301, 'PermanentRedirect', 'shadow is not in region "eu-west-1": PermanentRedirect'],
    [
      400,
      'AuthorizationHeaderMalformed',
      'shadow is not in region "eu-west-1": AuthorizationHeaderMalformed',
    ],
    [503, 'SlowDown', 'shadow failed at listing (s3:ListBucket): SlowDown'],
  ])('%d %s', async (status, code, reason) => {
    const { endpoint } = await shadowThat([[/./, { status, body: errorXml(code) }]]);
    await expect(probeShadow({ ...SHADOW, place: { ...PLACE, endpoint } }, TARGET, OPTIONS)).rejects.toThrow(
      expect.objectContaining({ name: 'ShadowRefused', message: reason }),
    );
  });

  it('nothing listens', async () => {
    const { endpoint } = await shadowThat([]);
    for (const close of closers.splice(0)) close();
    await expect(probeShadow({ ...SHADOW, place: { ...PLACE, endpoint } }, TARGET, OPTIONS)).rejects.toThrow(
      `shadow not reachable: connect ECONNREFUSED ${endpoint.slice('http://'.length)}`,
    );
  });

  it('it never answers', async () => {
    const { endpoint, requests } = await shadowThat([]);
    const clock: Clock = {
      ...systemClock,
      after(_, callback) {
        const untilAsked = setInterval(() => requests.length > 0 && callback(), 5);
        return { cancel: () => clearInterval(untilAsked) };
      },
    };
    await expect(
      probeShadow({ ...SHADOW, place: { ...PLACE, endpoint } }, TARGET, { ...OPTIONS, clock }),
    ).rejects.toThrow('shadow not reachable: no answer within 10 s');
  });

  it.each([
    ['a web page', '<html><br></html>'],
    ['well-formed XML', '<html><body/></html>'],
    ['JSON', '{"hello":"world"}'],
  ])('what answers is %s', async (_, body) => {
    const { endpoint } = await shadowThat([
      [/^GET/, { status: 200, body }],
      [/^HEAD/, NOT_FOUND],
    ]);
    await expect(probeShadow({ ...SHADOW, place: { ...PLACE, endpoint } }, TARGET, OPTIONS)).rejects.toThrow(
      'shadow not reachable: no S3 service answers there',
    );
  });

  it('its objects cannot be read', async () => {
    const { endpoint } = await shadowThat([
      [/^GET/, ONE_KEY],
      [/^HEAD/, { status: 403 }],
    ]);
    await expect(probeShadow({ ...SHADOW, place: { ...PLACE, endpoint } }, TARGET, OPTIONS)).rejects.toThrow(
      /^shadow "legacy" does not allow reading \(s3:GetObject\): /,
    );
  });

  it.each([
    [{ writeThrough: true }, /POST .*\?uploads/, 'shadow "legacy" does not allow writing (s3:PutObject)'],
    [{ delete: 'both' as const }, /DELETE/, 'shadow "legacy" does not allow deleting (s3:DeleteObject)'],
  ])('it takes no writes and %o was asked for', async (wanted, pattern, reason) => {
    const denied = { status: 403, body: errorXml('AccessDenied') };
    const { endpoint } = await shadowThat([
      [pattern, denied],
      [/^GET/, EMPTY_PAGE],
      [/^HEAD/, NOT_FOUND],
    ]);
    await expect(
      probeShadow({ ...SHADOW, place: { ...PLACE, endpoint }, ...wanted }, TARGET, OPTIONS),
    ).rejects.toThrow(reason);
    await expect(
      probeShadow({ ...SHADOW, place: { ...PLACE, endpoint } }, TARGET, OPTIONS),
    ).resolves.toBeUndefined();
  });

  it.each([
    [403, 'AccessDenied', 'shadow "legacy" does not allow reading ACLs (s3:GetObjectAcl)'],
    [501, 'NotImplemented', undefined],
  ])('it answers %d to a question for an ACL, and grants are to be kept', async (status, code, reason) => {
    const { endpoint } = await shadowThat([
      [/^GET .*\?acl/, { status, body: errorXml(code) }],
      [/^GET/, ONE_KEY],
      [/^HEAD .*\/a$/, { status: 200 }],
      [/^HEAD/, NOT_FOUND],
    ]);
    const probed = probeShadow({ ...SHADOW, place: { ...PLACE, endpoint }, acl: true }, TARGET, OPTIONS);
    if (reason === undefined) await expect(probed).resolves.toBeUndefined();
    else await expect(probed).rejects.toThrow(reason);
    await expect(
      probeShadow({ ...SHADOW, place: { ...PLACE, endpoint } }, TARGET, OPTIONS),
    ).resolves.toBeUndefined();
  });

  it('it has a shadow of its own', async () => {
    const { endpoint } = await shadowThat([
      [/^GET/, { ...EMPTY_PAGE, headers: { 'x-penumbra-has-shadow': 'true' } }],
    ]);
    await expect(probeShadow({ ...SHADOW, place: { ...PLACE, endpoint } }, TARGET, OPTIONS)).rejects.toThrow(
      'shadow has a shadow of its own, which would not be seen: move that bucket first',
    );
  });

  it('it shows what was put in the target', async () => {
    const { endpoint } = await shadowThat([
      [/^GET/, EMPTY_PAGE],
      [/^HEAD/, { status: 200 }],
    ]);
    await expect(probeShadow({ ...SHADOW, place: { ...PLACE, endpoint } }, TARGET, OPTIONS)).rejects.toThrow(
      'shadow is the target itself',
    );
  });
});

describe('a shadow of which a prefix is moved', () => {
  it('is asked for nothing beside it', async () => {
    const { endpoint, requests } = await shadowThat([
      [
        /uploads/,
        {
          status: 200,
          body: '<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>',
        },
      ],
      [/^DELETE/, { status: 204 }],
      [/^GET/, EMPTY_PAGE],
      [/^HEAD/, NOT_FOUND],
    ]);
    const all = {
      ...SHADOW,
      place: { ...PLACE, endpoint },
      writeThrough: true,
      delete: 'both' as const,
      prefix: 'archive/',
    };
    await probeShadow(all, TARGET, OPTIONS);
    expect(requests).toHaveLength(5);
    for (const request of requests) expect(request).toMatch(/ \/legacy\/archive\/|[?&]prefix=archive%2F/);
  });

  it('can be tried although the prefix leaves no room for a name', async () => {
    const { endpoint } = await shadowThat([
      [/^DELETE/, { status: 204 }],
      [/^GET/, EMPTY_PAGE],
      [/^HEAD/, NOT_FOUND],
    ]);
    const long = {
      ...SHADOW,
      place: { ...PLACE, endpoint },
      delete: 'both' as const,
      prefix: 'p'.repeat(1_024),
    };
    await expect(probeShadow(long, TARGET, OPTIONS)).resolves.toBeUndefined();
  });
});

describe('a probe leaves nothing behind', () => {
  it('takes its delete marker off a versioned shadow', async () => {
    const marker = { status: 204, headers: { 'x-amz-version-id': 'v1', 'x-amz-delete-marker': 'true' } };
    const { endpoint, requests } = await shadowThat([
      [/^DELETE/, marker],
      [/^GET/, EMPTY_PAGE],
      [/^HEAD/, NOT_FOUND],
    ]);
    await probeShadow({ ...SHADOW, place: { ...PLACE, endpoint }, delete: 'both' }, TARGET, OPTIONS);
    expect(requests.at(-1)).toMatch(/^DELETE .*versionId=v1/);
  });

  it('removes every version from a versioned target', async () => {
    const deleted: string[] = [];
    let versions = 0;
    const service: S3Service = async ({ method, query }) => {
      if (method === 'DELETE') deleted.push(Object.fromEntries(query).versionId ?? 'no version');
      return { status: 200, headers: method === 'PUT' ? { 'x-amz-version-id': `v${++versions}` } : {} };
    };
    await probeConditionalWrites({ service, bucket: 'photos' }).catch(() => undefined);
    expect(deleted).toEqual(expect.arrayContaining(['v1', 'v2']));
    expect(deleted).not.toContain('no version');
  });
});

describeWith(['radosgw'], 'against Ceph RGW', () => {
  let rgw: Rgw;
  let client: S3Client;
  let target: ProbeTarget;
  const remotes: { close(): Promise<void> }[] = [];

  beforeAll(async () => {
    rgw = await sharedRgw();
    const { endpoint, region, accessKeyId, secretAccessKey } = rgw;
    client = new S3Client({
      endpoint,
      region,
      credentials: { accessKeyId, secretAccessKey },
      forcePathStyle: true,
    });
    for (const Bucket of ['probe-target', 'probe-shadow'])
      await client.send(new CreateBucketCommand({ Bucket }));
    await client.send(new PutObjectCommand({ Bucket: 'probe-shadow', Key: 'a b+ü', Body: 'x' }));
    const backend = createRemoteBackend({ name: 'rgw', ...rgw, forcePathStyle: true, clock: systemClock });
    remotes.push(backend);
    target = { service: backend.service, bucket: 'probe-target' };
  });

  afterAll(async () => {
    client.destroy();
    await Promise.all(remotes.map((remote) => remote.close()));
  });

  const shadow = (change: object) => ({
    ...SHADOW,
    place: { ...rgw, bucket: 'probe-shadow', ...change },
    writeThrough: true,
    rung: 'write-through' as const,
    aim: 'write-through' as const,
    confirmed: true,
    delete: 'both' as const,
  });

  it('a shadow with all rights is accepted, and both buckets are as before', async () => {
    await probeShadow(shadow({}), target, OPTIONS);
    const keysOf = async (Bucket: string) => {
      const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket }));
      return Contents.map(({ Key }) => Key);
    };
    expect([await keysOf('probe-shadow'), await keysOf('probe-target')]).toEqual([['a b+ü'], []]);
  });

  it.each([
    [{ secretAccessKey: 'wrong' }, 'shadow refused the access key: SignatureDoesNotMatch'],
    [{ accessKeyId: 'NOBODY' }, 'shadow refused the access key: InvalidAccessKeyId'],
    [{ bucket: 'probe-nothing' }, 'shadow has no such bucket: "probe-nothing"'],
    [{ bucket: 'probe-target' }, 'shadow is the target itself'],
  ])('a shadow with %o is refused', async (change, reason) => {
    await expect(probeShadow(shadow(change), target, OPTIONS)).rejects.toThrow(reason);
  });

  it('a target bucket that does not exist yet is nobody else', async () => {
    await probeShadow(shadow({}), { ...target, bucket: 'probe-later' }, OPTIONS);
  });

  it('If-None-Match holds on PUT and is ignored on CompleteMultipartUpload', async () => {
    expect(await probeConditionalWrites(target)).toEqual({
      put: true,
      complete: false,
      match: false,
      copy: false,
    });
    const { KeyCount } = await client.send(new ListObjectsV2Command({ Bucket: 'probe-target' }));
    expect(KeyCount).toBe(0);
  });
});
