import { expect } from 'vitest';
import { type ChecksumAlgorithm, createChecksum } from '../../../src/s3/checksums.js';
import { writeComplete } from '../../../src/s3/xml/multipart.js';
import { completeUpload, expectError, type Scene, startUpload, type UploadTarget } from './scene.js';

const ENABLED = { headers: { 'x-amz-checksum-mode': 'ENABLED' } };

function digest(algorithm: ChecksumAlgorithm, ...bytes: (Buffer | string)[]): string {
  const checksum = createChecksum(algorithm);
  for (const chunk of bytes) checksum.update(Buffer.from(chunk));
  return checksum.digest();
}

export function checksumCases(scene: Scene): void {
  const test = scene.when('checksums');

  test('keeps the checksum that came with an object, and answers it when asked', async () => {
    const client = await scene.bucket();
    const crc32 = digest('crc32', 'text');
    const put = await client.put('key', 'text', { 'x-amz-checksum-crc32': crc32 });
    expect(put.headers['x-amz-checksum-crc32']).toBe(crc32);
    expect((await client.ask('GET', 'key', ENABLED)).headers).toMatchObject({
      'x-amz-checksum-crc32': crc32,
      'x-amz-checksum-type': 'FULL_OBJECT',
    });
    expect((await client.ask('GET', 'key')).headers['x-amz-checksum-crc32']).toBeUndefined();
  });

  test('does not answer the checksum of all with a range', async () => {
    const client = await scene.bucket();
    await client.put('key', 'text', { 'x-amz-checksum-crc32': digest('crc32', 'text') });
    const headers = { ...ENABLED.headers, range: 'bytes=0-1' };
    expect((await client.ask('GET', 'key', { headers })).headers['x-amz-checksum-crc32']).toBeUndefined();
  });

  const ofParts = scene.when('partChecksums');

  async function uploadWith(algorithm: ChecksumAlgorithm, type: string, parts: Buffer[]) {
    const client = await scene.bucket();
    const headers = { 'x-amz-checksum-algorithm': algorithm.toUpperCase(), 'x-amz-checksum-type': type };
    const target: UploadTarget = { key: 'key', uploadId: await startUpload(client, 'key', headers) };
    const etags: [number, string][] = [];
    for (const [index, body] of parts.entries()) {
      const { headers: answered } = await client.ask('PUT', 'key', {
        query: `partNumber=${index + 1}&uploadId=${target.uploadId}`,
        body,
        headers: { [`x-amz-checksum-${algorithm}`]: digest(algorithm, body) },
      });
      etags.push([index + 1, answered.etag ?? '']);
    }
    return { client, target, etags };
  }

  const parts = (): Buffer[] => [Buffer.alloc(scene.capabilities.minPartSize, 'ab'), Buffer.from('last')];

  ofParts('makes a composite checksum of those of the parts', async () => {
    const [first = '', last = ''] = parts();
    const { client, target, etags } = await uploadWith('sha256', 'COMPOSITE', parts());
    await completeUpload(client, target, etags);
    const digests = [first, last].map((part) => Buffer.from(digest('sha256', part), 'base64'));
    expect((await client.ask('HEAD', 'key', ENABLED)).headers).toMatchObject({
      'x-amz-checksum-sha256': `${digest('sha256', ...digests)}-2`,
      'x-amz-checksum-type': 'COMPOSITE',
    });
  });

  for (const algorithm of ['crc32', 'crc32c', 'crc64nvme'] as const) {
    ofParts(`makes the ${algorithm} of the whole of those of the parts`, async () => {
      const { client, target, etags } = await uploadWith(algorithm, 'FULL_OBJECT', parts());
      await completeUpload(client, target, etags);
      expect((await client.ask('HEAD', 'key', ENABLED)).headers).toMatchObject({
        [`x-amz-checksum-${algorithm}`]: digest(algorithm, ...parts()),
        'x-amz-checksum-type': 'FULL_OBJECT',
      });
    });
  }

  ofParts('refuses to complete when the checksum of the whole is another', async () => {
    const { client, target, etags } = await uploadWith('crc32', 'FULL_OBJECT', parts());
    const wrong = { 'x-amz-checksum-crc32': digest('crc32', 'other') };
    expectError(await completeUpload(client, target, etags, wrong), 400, 'BadDigest');
    const right = { 'x-amz-checksum-crc32': digest('crc32', ...parts()) };
    expect((await completeUpload(client, target, etags, right)).status).toBe(200);
  });

  ofParts('refuses to complete when a part has another checksum than the client says', async () => {
    const { client, target, etags } = await uploadWith('crc32', 'COMPOSITE', [Buffer.from('part')]);
    const [[partNumber, etag] = [1, '']] = etags;
    const body = writeComplete([{ partNumber, etag, checksums: { crc32: digest('crc32', 'other') } }]);
    const answer = await client.ask('POST', 'key', { query: `uploadId=${target.uploadId}`, body });
    expectError(answer, 400, 'InvalidPart');
  });

  ofParts('refuses a type of checksum that the algorithm does not have', async () => {
    const client = await scene.bucket();
    const headers = { 'x-amz-checksum-algorithm': 'SHA256', 'x-amz-checksum-type': 'FULL_OBJECT' };
    expectError(await client.ask('POST', 'key', { query: 'uploads', headers }), 400, 'InvalidArgument');
  });
}
