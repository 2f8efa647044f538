import { expect, it } from 'vitest';
import { readListParts } from '../../../src/s3/xml/parts.js';
import { readListUploads } from '../../../src/s3/xml/uploads.js';
import { completeUpload, expectError, type Scene, startUpload, uploadPart } from './scene.js';

export function uploadListCases(scene: Scene): void {
  it('lists the parts of an upload, page by page', async () => {
    const client = await scene.bucket();
    const target = { key: 'key', uploadId: await startUpload(client, 'key') };
    const etags: string[] = [];
    for (const number of [1, 2, 10]) etags.push(await uploadPart(client, target, number, 'x'.repeat(number)));
    const query = `uploadId=${target.uploadId}&max-parts=2`;
    const first = readListParts((await client.ask('GET', 'key', { query })).text);
    expect(first.parts.map(({ partNumber, size, etag }) => [partNumber, size, etag])).toEqual([
      [1, 1, etags[0]],
      [2, 2, etags[1]],
    ]);
    expect([first.isTruncated, first.nextPartNumberMarker]).toEqual([true, 2]);
    const rest = await client.ask('GET', 'key', { query: `${query}&part-number-marker=2` });
    const second = readListParts(rest.text);
    expect([second.parts.map(({ partNumber }) => partNumber), second.isTruncated]).toEqual([[10], false]);
  });

  it('knows no parts of an upload that is not there', async () => {
    const client = await scene.bucket();
    expectError(await client.ask('GET', 'key', { query: 'uploadId=none' }), 404, 'NoSuchUpload');
  });

  it('lists the uploads that are neither complete nor aborted', async () => {
    const client = await scene.bucket();
    const open = await startUpload(client, 'b');
    const complete = { key: 'a', uploadId: await startUpload(client, 'a') };
    await completeUpload(client, complete, [[1, await uploadPart(client, complete, 1, 'part')]]);
    const aborted = await startUpload(client, 'c');
    await client.ask('DELETE', 'c', { query: `uploadId=${aborted}` });
    const page = readListUploads((await client.ask('GET', '', { query: 'uploads' })).text);
    expect(page.uploads.map(({ key, uploadId }) => [key, uploadId])).toEqual([['b', open]]);
    expect(page.isTruncated).toBe(false);
  });

  it('lists uploads by prefix and delimiter', async () => {
    const client = await scene.bucket();
    for (const key of ['a', 'b/1', 'b/2', 'c/1']) await startUpload(client, key);
    const all = readListUploads((await client.ask('GET', '', { query: 'uploads&delimiter=%2F' })).text);
    expect([all.uploads.map(({ key }) => key), all.commonPrefixes]).toEqual([['a'], ['b/', 'c/']]);
    const some = readListUploads((await client.ask('GET', '', { query: 'uploads&prefix=b%2F' })).text);
    expect(some.uploads.map(({ key }) => key)).toEqual(['b/1', 'b/2']);
  });

  it('pages through uploads, several of one key too', async () => {
    const client = await scene.bucket();
    const started: string[] = [];
    for (const key of ['a', 'k', 'k', 'k', 'z']) started.push(`${key} ${await startUpload(client, key)}`);
    const seen: string[] = [];
    let markers = '';
    for (let pages = 0; pages < 10; pages++) {
      const { text } = await client.ask('GET', '', { query: `uploads&max-uploads=2${markers}` });
      const page = readListUploads(text);
      seen.push(...page.uploads.map(({ key, uploadId }) => `${key} ${uploadId}`));
      if (!page.isTruncated) break;
      markers = `&key-marker=${page.nextKeyMarker}&upload-id-marker=${page.nextUploadIdMarker}`;
    }
    expect(seen).toHaveLength(5);
    expect([...seen].sort()).toEqual([...started].sort());
  });
}
