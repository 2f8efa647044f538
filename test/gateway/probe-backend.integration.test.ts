import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ListBucketsCommand, S3Client } from '@aws-sdk/client-s3';
import { afterEach, describe, expect, it } from 'vitest';
import { createFilesystemBackend } from '../../src/backends/filesystem/filesystem.js';
import { createMemoryBackend } from '../../src/backends/memory/memory.js';
import { createRemoteBackend } from '../../src/backends/remote/remote.js';
import { type BackendReport, CHECKS, isUsable } from '../../src/gateway/backend-report.js';
import { probeBackend } from '../../src/gateway/probe-backend.js';
import type { StorageBackend } from '../../src/gateway/storage.js';
import type { S3Request, S3Response, S3Service } from '../../src/s3/message.js';
import { systemClock } from '../../src/system/clock.js';
import { describeWith } from '../support/describe-with.js';
import { ManualClock } from '../support/manual-clock.js';
import { sharedRgw } from '../support/shared-rgw.js';
import { StoreClient } from '../support/store-client.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const KEYS = { region: 'eu-west-1', accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI' };

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((one) => one.close()));
});

/** A store that does as memory does, but for what the test says of a request. */
function storeThat(answers: (request: S3Request) => S3Response | 'as ever' | Promise<never>): StorageBackend {
  const memory = createMemoryBackend({ name: 'store', clock: systemClock });
  const service: S3Service = async (request) => {
    const answer = await answers(request);
    return answer === 'as ever' ? memory.service(request) : answer;
  };
  return { backend: { ...memory, service } };
}

const refused = (status: number, code: string): S3Response => ({
  status,
  headers: {},
  body: Buffer.from(
    `<Error><Code>${code}</Code><Message>${KEYS.secretAccessKey} of ${KEYS.accessKeyId} is wrong</Message></Error>`,
  ),
});

const remoteAt = (endpoint: string): StorageBackend => {
  const backend = createRemoteBackend({
    name: 'far',
    endpoint,
    ...KEYS,
    forcePathStyle: true,
    clock: systemClock,
  });
  opened.push(backend);
  return { backend, endpoint, region: KEYS.region };
};

const probe = (storage: StorageBackend, bucket?: string, clock = systemClock) =>
  probeBackend(storage, { bucket, clock });

/** What is not as it should be, and why. */
const faults = ({ checks }: BackendReport) =>
  Object.fromEntries(
    Object.entries(checks).flatMap(([name, { ok, reason }]) => (ok === true ? [] : [[name, reason]])),
  );

const JUDGED_BY_GATEWAY = {
  trailing_checksums: 'not tried: the gateway judges itself what it stores there',
};

const bucketsOf = async ({ backend }: StorageBackend) =>
  (await new StoreClient(backend.service, '').ask('GET', '')).text.match(/<Name>[^<]*/g) ?? [];

describe('a backend that does all that S3 does', () => {
  it.each([
    ['memory', async () => ({ backend: createMemoryBackend({ name: 'm', clock: systemClock }) })],
    [
      'a folder',
      async () => {
        const backend = createFilesystemBackend({
          name: 'f',
          path: await temporaryFolder(),
          clock: systemClock,
        });
        opened.push(backend);
        return { backend };
      },
    ],
  ])('is said to, and is as it was before: %s', async (_, open) => {
    const storage: StorageBackend = await open();
    const report = await probe(storage);
    expect(faults(report)).toEqual(JUDGED_BY_GATEWAY);
    expect(Object.keys(report.checks)).toEqual(CHECKS);
    expect([isUsable(report), report.leftBehind]).toEqual([true, null]);
    expect(await bucketsOf(storage)).toEqual([]);
  });

  it('is tried in a bucket that is given, which keeps what it has', async () => {
    const storage = { backend: createMemoryBackend({ name: 'm', clock: systemClock }) };
    const client = new StoreClient(storage.backend.service, 'photos');
    await client.ask('PUT', '');
    await client.ask('PUT', 'a', { body: 'kept' });
    expect(faults(await probe(storage, 'photos'))).toEqual({
      ...JUDGED_BY_GATEWAY,
      create_bucket: 'not tried: a bucket was given',
    });
    expect((await client.ask('GET', '', { query: 'list-type=2' })).text.match(/<Key>[^<]*/g)).toEqual([
      '<Key>a',
    ]);
    expect(faults(await probe(storage, 'nothing'))).toMatchObject({
      write: 'failed at writing: NoSuchBucket',
    });
  });
});

describe('a backend that cannot be reached', () => {
  it('is told with the reason, and nothing else is tried', async () => {
    const report = await probe(remoteAt('http://127.0.0.1:1'));
    expect(isUsable(report)).toBe(false);
    expect(report.checks.reachable).toEqual({ ok: false, reason: 'connect ECONNREFUSED 127.0.0.1:1' });
    expect(report.checks.write).toEqual({ ok: null, reason: 'not tried: it cannot be reached' });
  });

  it.each([
    [200, '<html>welcome</html>', 'MalformedXML'],
    [404, 'not here', 'no S3 service answers there (HTTP 404)'],
  ])('since what answers there is no S3 service: %i %s', async (status, body, reason) => {
    const server = createServer((_, response) => response.writeHead(status).end(body)).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const report = await probe(remoteAt(`http://127.0.0.1:${port}`));
    server.close();
    expect(report.checks.reachable).toEqual({ ok: false, reason });
  });

  it('is given up after 20 seconds', async () => {
    const clock = new ManualClock();
    const silent = storeThat(
      ({ signal }) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    );
    const report = probe(silent, undefined, clock);
    await Promise.resolve();
    clock.advance(20_000);
    expect((await report).checks.reachable).toEqual({ ok: false, reason: 'no answer within 20 s' });
  });
});

describe('a backend whose key', () => {
  it('is refused says so by the code alone, and is not tried further', async () => {
    const report = await probe(storeThat(() => refused(403, 'SignatureDoesNotMatch')));
    expect(isUsable(report)).toBe(false);
    expect(report.checks).toMatchObject({
      reachable: { ok: true },
      credentials: { ok: false, reason: 'SignatureDoesNotMatch' },
      write: { ok: null, reason: 'not tried: the access key is refused' },
    });
    expect(JSON.stringify(report)).not.toMatch(/AKIDEXAMPLE|wJalrXUtnFEMI/);
  });

  it('may not list or make buckets can be used, but what it writes is only known of a bucket that is given', async () => {
    let isDenied = true;
    const storage = storeThat(({ operation }) =>
      isDenied && (operation === 'ListBuckets' || operation === 'CreateBucket')
        ? refused(403, 'AccessDenied')
        : 'as ever',
    );
    const report = await probe(storage);
    expect(isUsable(report)).toBe(true);
    expect(report.checks).toMatchObject({
      credentials: { ok: true },
      list_buckets: { ok: false, reason: 'AccessDenied' },
      create_bucket: { ok: false, reason: 'AccessDenied' },
      write: { ok: null, reason: 'not tried: there is no bucket to try it in' },
    });
    isDenied = false;
    await new StoreClient(storage.backend.service, 'given').ask('PUT', '');
    isDenied = true;
    expect((await probe(storage, 'given')).checks.write).toEqual({ ok: true, reason: null });
  });

  it('may not delete cannot be used, and what stays behind is told', async () => {
    const isDelete = ({ operation }: S3Request) => operation === 'DeleteObject';
    const report = await probe(
      storeThat((request) => (isDelete(request) ? refused(403, 'AccessDenied') : 'as ever')),
    );
    expect(isUsable(report)).toBe(false);
    expect(report.checks.write).toEqual({ ok: false, reason: 'failed at deleting: AccessDenied' });
    expect(report.leftBehind).toMatch(
      /^object "\.penumbra-probe\/[^"]+" of bucket "penumbra-probe-[^"]+" \(HTTP 403\), bucket /,
    );
  });
});

describe('a backend that lacks something', () => {
  it('is told what, and can be used', async () => {
    const report = await probe(
      storeThat(({ operation }) =>
        operation === 'CreateMultipartUpload' || operation === 'CopyObject'
          ? refused(501, 'NotImplemented')
          : 'as ever',
      ),
    );
    expect(isUsable(report)).toBe(true);
    expect(faults(report)).toEqual({
      multipart: 'NotImplemented',
      server_side_copy: 'NotImplemented',
      conditional_complete: 'If-None-Match: * on CompleteMultipartUpload is ignored',
      conditional_copy: 'If-None-Match: * on CopyObject is ignored',
      ...JUDGED_BY_GATEWAY,
    });
    expect(report.leftBehind).toBeNull();
  });

  it('and breaks off in the middle leaves nothing behind once it answers again', async () => {
    let answers = 0;
    const storage = storeThat(({ operation, method }) => {
      if (operation === 'CopyObject') answers = -2;
      answers += 1;
      return method !== 'GET' && answers <= 0 ? Promise.reject(new Error('away')) : 'as ever';
    });
    const report = await probe(storage);
    expect(report.checks.server_side_copy).toEqual({ ok: false, reason: 'away' });
    expect(report.leftBehind).toBeNull();
    expect(await bucketsOf(storage)).toEqual([]);
  });
});

describeWith(['radosgw'], 'Ceph RGW', () => {
  it('can all but what 16.2 ignores, and is as before', async () => {
    const rgw = await sharedRgw();
    const backend = createRemoteBackend({ name: 'rgw', ...rgw, forcePathStyle: true, clock: systemClock });
    opened.push(backend);
    const report = await probe({ backend, endpoint: rgw.endpoint, region: rgw.region });
    expect(faults(report)).toEqual({
      conditional_match: 'If-Match on PutObject or DeleteObject is ignored',
      conditional_complete: 'If-None-Match: * on CompleteMultipartUpload is ignored',
      conditional_copy: 'If-None-Match: * on CopyObject is ignored',
      trailing_checksums: 'a checksum after the body is not judged',
    });
    expect(report.leftBehind).toBeNull();
    const client = new S3Client({ ...rgw, credentials: rgw, forcePathStyle: true });
    const { Buckets = [] } = await client.send(new ListBucketsCommand({}));
    client.destroy();
    expect(Buckets.filter(({ Name }) => Name?.startsWith('penumbra-probe-'))).toEqual([]);
  });
});
