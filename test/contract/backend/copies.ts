import { createHash, randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { formatCopySource } from '../../../src/s3/copy-source.js';
import { readCopyResult } from '../../../src/s3/xml/copy.js';
import { readTagging } from '../../../src/s3/xml/tagging.js';
import { expectError, type Scene } from './scene.js';

const from = (bucket: string, key: string, headers: Record<string, string> = {}) => ({
  headers: { 'x-amz-copy-source': formatCopySource({ bucket, key }), ...headers },
});

export function copyCases(scene: Scene): void {
  async function withSource(body: string | Buffer = 'text', headers: Record<string, string> = {}) {
    const client = await scene.bucket();
    const { headers: answered } = await client.put('ü source', body, headers);
    return { client, bucket: client.name, etag: answered.etag ?? '' };
  }

  it('copies the bytes and the metadata of an object', async () => {
    const bytes = randomBytes(50_000);
    const { client, bucket } = await withSource(bytes, { 'content-type': 'text/css', 'x-amz-meta-a': 'b' });
    const answer = await client.ask('PUT', 'copy', from(bucket, 'ü source'));
    expect(answer.status).toBe(200);
    const { body, headers } = await client.ask('GET', 'copy');
    expect(readCopyResult(answer.text)).toMatchObject({ etag: headers.etag });
    if (scene.capabilities.digestETags) expect(headers.etag).toBe(md5(bytes));
    expect(body.equals(bytes)).toBe(true);
    expect([headers['content-type'], headers['x-amz-meta-a']]).toEqual(['text/css', 'b']);
  });

  it('copies from another bucket', async () => {
    const { bucket } = await withSource('other');
    const client = await scene.bucket();
    expect((await client.ask('PUT', 'copy', from(bucket, 'ü source'))).status).toBe(200);
    expect(await client.text('copy')).toBe('other');
  });

  it('gives the copy its own metadata when told to', async () => {
    const { client, bucket } = await withSource('text', { 'content-type': 'text/css', 'x-amz-meta-a': 'b' });
    const headers = {
      'x-amz-metadata-directive': 'REPLACE',
      'content-type': 'text/html',
      'x-amz-meta-c': 'd',
    };
    await client.ask('PUT', 'copy', from(bucket, 'ü source', headers));
    const copy = await client.ask('HEAD', 'copy');
    expect(copy.headers).toMatchObject({ 'content-type': 'text/html', 'x-amz-meta-c': 'd' });
    expect(copy.headers['x-amz-meta-a']).toBeUndefined();
  });

  it('copies the tags too', async () => {
    const { client, bucket } = await withSource('text', { 'x-amz-tagging': 'color=blue' });
    await client.ask('PUT', 'copy', from(bucket, 'ü source'));
    const { text } = await client.ask('GET', 'copy', { query: 'tagging' });
    expect(readTagging(text)).toEqual([['color', 'blue']]);
  });

  scene.when('copyConditions')('gives the copy its own tags when told to', async () => {
    const { client, bucket } = await withSource('text', { 'x-amz-tagging': 'color=blue' });
    const headers = { 'x-amz-tagging-directive': 'REPLACE', 'x-amz-tagging': 'size=big' };
    await client.ask('PUT', 'copy', from(bucket, 'ü source', headers));
    const { text } = await client.ask('GET', 'copy', { query: 'tagging' });
    expect(readTagging(text)).toEqual([['size', 'big']]);
  });

  it('refuses a copy onto itself that changes nothing, and makes one that does', async () => {
    const { client, bucket } = await withSource();
    expectError(await client.ask('PUT', 'ü source', from(bucket, 'ü source')), 400, 'InvalidRequest');
    const headers = { 'x-amz-metadata-directive': 'REPLACE', 'x-amz-meta-new': 'yes' };
    expect((await client.ask('PUT', 'ü source', from(bucket, 'ü source', headers))).status).toBe(200);
    const { text, headers: kept } = await client.ask('GET', 'ü source');
    expect([text, kept['x-amz-meta-new']]).toEqual(['text', 'yes']);
  });

  it('answers a source that is not there', async () => {
    const { client, bucket } = await withSource();
    expectError(await client.ask('PUT', 'copy', from(bucket, 'missing')), 404, 'NoSuchKey');
    expectError(await client.ask('PUT', 'copy', from('no-such-bucket-here', 'key')), 404, 'NoSuchBucket');
    expect(await client.text('copy')).toBeUndefined();
  });

  scene.when('copyConditions')('copies only while the source meets the conditions', async () => {
    const { client, bucket, etag } = await withSource();
    const copy = async (headers: Record<string, string>) =>
      (await client.ask('PUT', 'copy', from(bucket, 'ü source', headers))).status;
    expect(await copy({ 'x-amz-copy-source-if-match': '"other"' })).toBe(412);
    expect(await copy({ 'x-amz-copy-source-if-none-match': etag })).toBe(412);
    expect(await copy({ 'x-amz-copy-source-if-modified-since': 'Fri, 01 Jan 2100 00:00:00 GMT' })).toBe(412);
    expect(await copy({ 'x-amz-copy-source-if-unmodified-since': 'Sat, 01 Jan 2000 00:00:00 GMT' })).toBe(
      412,
    );
    expect(await client.text('copy')).toBeUndefined();
    expect(await copy({ 'x-amz-copy-source-if-match': etag })).toBe(200);
  });

  scene.when('copyConditions')('refuses a directive that is none', async () => {
    const { client, bucket } = await withSource();
    const headers = { 'x-amz-metadata-directive': 'MAYBE' };
    expectError(await client.ask('PUT', 'copy', from(bucket, 'ü source', headers)), 400, 'InvalidArgument');
  });

  it('leaves the copy when the source goes', async () => {
    const bytes = randomBytes(50_000);
    const { client, bucket } = await withSource(bytes);
    await client.ask('PUT', 'copy', from(bucket, 'ü source'));
    await client.ask('DELETE', 'ü source');
    expect((await client.ask('GET', 'copy')).body.equals(bytes)).toBe(true);
  });

  it('copies an empty object', async () => {
    const { client, bucket } = await withSource('');
    await client.ask('PUT', 'copy', from(bucket, 'ü source'));
    expect(await client.text('copy')).toBe('');
  });
}

function md5(bytes: Buffer): string {
  return `"${createHash('md5').update(bytes).digest('hex')}"`;
}
