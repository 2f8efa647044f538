import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Backend } from '../../src/backends/backend.js';
import { CHECKSUM_HEADERS, type ChecksumAlgorithm, createChecksum } from '../../src/s3/checksums.js';
import { remoteAt } from '../backends/remote/requests.js';
import { awsChunked } from '../support/aws-chunked.js';
import { describeWith } from '../support/describe-with.js';
import type { Rgw } from '../support/rgw.js';
import { sharedRgw } from '../support/shared-rgw.js';
import { type RawAnswer, ROOT, startTestGateway, type TestGateway } from './harness.js';

function digestOf(algorithm: ChecksumAlgorithm, content: Buffer): string {
  const checksum = createChecksum(algorithm);
  checksum.update(content);
  return checksum.digest();
}

interface Upload {
  readonly target: string;
  readonly content: Buffer;
  readonly algorithm?: ChecksumAlgorithm;
  /** In place of the right one. */
  readonly digest?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A PUT of a client that learns the checksum only as it sends. */
function putTrailing(gateway: TestGateway, upload: Upload): Promise<RawAnswer> {
  const { target, content, algorithm = 'crc32', headers } = upload;
  const { digest = digestOf(algorithm, content) } = upload;
  const trailer = [`${CHECKSUM_HEADERS[algorithm]}:${digest}`];
  return gateway.send({
    method: 'PUT',
    target,
    headers: {
      'content-encoding': 'aws-chunked',
      'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
      'x-amz-decoded-content-length': String(content.length),
      'x-amz-trailer': CHECKSUM_HEADERS[algorithm],
      ...headers,
    },
    body: awsChunked(content, { chunkSize: 8_192, trailer }),
  });
}

const checked = { 'x-amz-checksum-mode': 'ENABLED' };

describe('a checksum after the body, on its way to a store that takes it', () => {
  /** The store, another gateway, and what a bucket moves from. */
  let far: TestGateway;
  let legacy: TestGateway;
  let between: Backend;
  let gateway: TestGateway;

  beforeAll(async () => {
    [far, legacy] = await Promise.all([startTestGateway(), startTestGateway()]);
    between = remoteAt(far.url, ROOT);
    gateway = await startTestGateway({ filter: () => between.service });
    await gateway.createBucket('bucket');
    await legacy.createBucket('old');
    const { accessKeyId: access_key_id, secretAccessKey: secret_access_key } = ROOT;
    const address = { name: 'old', endpoint: legacy.url, region: 'eu', access_key_id, secret_access_key };
    await gateway.createBucket('moving', { shadow: { ...address, write_through: true } });
    await gateway.createBucket('reading', { shadow: address });
  });

  afterAll(async () => {
    await gateway.close();
    await between.close();
    await Promise.all([far, legacy].map((store) => store.close()));
  });

  test.each<[ChecksumAlgorithm, number]>([
    ['crc32', 5],
    ['crc32c', 0],
    ['crc64nvme', 1_000_000],
    ['sha1', 65_536],
    ['sha256', 65_537],
  ])('%s of %i bytes is kept there and told to the client', async (algorithm, length) => {
    const content = Buffer.alloc(length, 'penumbra');
    for (const bucket of ['bucket', 'reading', 'moving']) {
      const target = `/${bucket}/${algorithm}`;
      const put = await putTrailing(gateway, { target, content, algorithm });
      const header = CHECKSUM_HEADERS[algorithm];
      const digest = digestOf(algorithm, content);
      expect([put.status, put.headers[header]]).toEqual([200, digest]);
      const kept = await far.send({ target, headers: checked });
      expect(kept.headers[header]).toBe(digest);
      expect(kept.text).toBe(content.toString());
    }
  });

  test('of a part is kept as well', async () => {
    const target = '/bucket/parts';
    const algorithm = { 'x-amz-checksum-algorithm': 'SHA256' };
    const begun = await gateway.send({ method: 'POST', target: `${target}?uploads`, headers: algorithm });
    const uploadId = /<UploadId>([^<]*)/.exec(begun.text)?.[1];
    const content = Buffer.alloc(100_000, 'part');
    const part = { target: `${target}?partNumber=1&uploadId=${uploadId}`, content };
    const put = await putTrailing(gateway, { ...part, algorithm: 'sha256' });
    expect(put.headers['x-amz-checksum-sha256']).toBe(digestOf('sha256', content));
    const body =
      `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>${put.headers.etag}</ETag>` +
      `<ChecksumSHA256>${digestOf('sha256', content)}</ChecksumSHA256></Part></CompleteMultipartUpload>`;
    const done = await gateway.send({ method: 'POST', target: `${target}?uploadId=${uploadId}`, body });
    expect(done.status).toBe(200);
    expect((await far.send({ target, headers: checked })).headers['x-amz-checksum-sha256']).toMatch(/-1$/);
  });

  test('that is wrong is refused, and nothing is stored in any store', async () => {
    for (const bucket of ['bucket', 'reading', 'moving']) {
      for (const length of [0, 5, 300_000]) {
        const wrong = { target: `/${bucket}/wrong`, content: Buffer.alloc(length, 'x'), digest: 'AAAAAQ==' };
        const answer = await putTrailing(gateway, wrong);
        expect(answer).toMatchObject({ status: 400, text: expect.stringContaining('<Code>BadDigest<') });
      }
      expect((await far.send({ target: `/${bucket}/wrong` })).status).toBe(404);
    }
    expect((await legacy.send({ target: '/old/wrong' })).status).toBe(404);
  });

  test('is kept by a shadow that takes it as well', async () => {
    const content = Buffer.alloc(200_000, 'both');
    await putTrailing(gateway, { target: '/moving/both', content });
    const inShadow = await legacy.send({ target: '/old/both', headers: checked });
    expect(inShadow.text).toBe(content.toString());
    expect(inShadow.headers['x-amz-checksum-crc32']).toBe(digestOf('crc32', content));
  });

  test('leaves no trace of how it was sent', async () => {
    const headers = { 'content-encoding': 'aws-chunked,gzip', 'content-type': 'text/plain' };
    await putTrailing(gateway, { target: '/bucket/coded', content: Buffer.from('gzipped'), headers });
    const { headers: kept } = await far.send({ method: 'HEAD', target: '/bucket/coded' });
    expect(kept).toMatchObject({
      'content-encoding': 'gzip',
      'content-type': 'text/plain',
      'content-length': '7',
    });
  });

  test('that the client gives before the body is sent before it', async () => {
    const headers = { 'x-amz-checksum-crc32': digestOf('crc32', Buffer.from('known')) };
    await gateway.send({ method: 'PUT', target: '/bucket/known', headers, body: 'known' });
    expect((await far.send({ target: '/bucket/known', headers: checked })).headers).toMatchObject(headers);
  });
});

describeWith(['radosgw'], 'a checksum after the body, on its way to a store that does not know it', () => {
  let rgw: Rgw;
  let store: Backend;
  /** The one keeps its objects there, the other moves a bucket from there. */
  let gateway: TestGateway;
  let other: TestGateway;
  let bucket: string;
  const content = Buffer.alloc(200_000, 'x');

  beforeAll(async () => {
    rgw = await sharedRgw();
    store = remoteAt(rgw.endpoint, rgw);
    [gateway, other] = await Promise.all([
      startTestGateway({ filter: () => store.service }),
      startTestGateway(),
    ]);
    bucket = `trailing-${gateway.port}`;
    await gateway.createBucket(bucket);
  });

  afterAll(async () => {
    await Promise.all([gateway, other].map((each) => each.close()));
    await store.close();
  });

  test('is verified and left out', async () => {
    expect((await putTrailing(gateway, { target: `/${bucket}/right`, content })).status).toBe(200);
    expect((await gateway.send({ target: `/${bucket}/right` })).text).toBe(content.toString());
    const wrong = await putTrailing(gateway, { target: `/${bucket}/wrong`, content, digest: 'AAAAAQ==' });
    expect(wrong).toMatchObject({ status: 400, text: expect.stringContaining('<Code>BadDigest<') });
    const listed = await gateway.send({ target: `/${bucket}` });
    expect(listed.text.match(/<Key>[^<]*/g)).toEqual(['<Key>right']);
    const uploads = await gateway.send({ target: `/${bucket}?uploads` });
    expect(uploads.text).not.toContain('<Upload>');
  });

  test('is verified and left out where it is the shadow', async () => {
    const keys = { access_key_id: rgw.accessKeyId, secret_access_key: rgw.secretAccessKey };
    const shadow = { name: bucket, endpoint: rgw.endpoint, region: rgw.region, ...keys, write_through: true };
    await other.createBucket('moving', { shadow });
    expect((await putTrailing(other, { target: '/moving/both', content })).status).toBe(200);
    expect((await gateway.send({ target: `/${bucket}/both` })).text).toBe(content.toString());
    const wrong = await putTrailing(other, { target: '/moving/wrong', content, digest: 'AAAAAQ==' });
    expect(wrong.status).toBe(400);
    expect((await gateway.send({ target: `/${bucket}/wrong` })).status).toBe(404);
  });
});
