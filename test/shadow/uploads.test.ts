import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { S3Error } from '../../src/s3/errors.js';
import type { S3Filter, S3Request } from '../../src/s3/message.js';
import { readListUploads } from '../../src/s3/xml/uploads.js';
import { type Kv, KvUnavailable } from '../../src/state/kv.js';
import { type Moving, movingBucket } from './moving.js';
import { Uploading } from './uploading.js';

const writeThrough = { writeThrough: true };

const failureOf = (answer: Promise<unknown>) => answer.catch((error: unknown) => error);

/** A store that answers one operation in a way of its own. */
const answering =
  (operation: S3Request['operation'], status: number, code: string): S3Filter =>
  (service) =>
  async (request) => {
    if (request.operation !== operation) return service(request);
    return { status, headers: {}, body: Buffer.from(`<Error><Code>${code}</Code></Error>`) };
  };

const uploadsOf = async ({ target, shadow }: Moving): Promise<number[]> =>
  Promise.all(
    [target, shadow].map(async (store) => {
      const { body } = await store.ask('GET', '', { query: 'uploads' });
      return readListUploads(body).uploads.length;
    }),
  );

const idsSeen = async (client: Moving['client'], query = ''): Promise<string[]> => {
  const { body } = await client.ask('GET', '', { query: `uploads${query}` });
  return readListUploads(body).uploads.map(({ uploadId }) => uploadId);
};

describe('an upload that is begun with write-through', () => {
  it('is in both stores under one id, which is short and needs no encoding in a URL', async () => {
    const moving = await movingBucket(writeThrough);
    const { uploadId } = await Uploading.begin(moving.client, 'k');
    expect(await uploadsOf(moving)).toEqual([1, 1]);
    expect(uploadId).toMatch(/^[A-Za-z0-9._-]{1,1000}$/);
  });

  it.each([
    ['shadow', 'onShadow', 503],
    ['target', 'onTarget', 403],
  ] as const)('is in neither when the %s refuses it', async (_, side, status) => {
    const refusing = answering('CreateMultipartUpload', 403, 'AccessDenied');
    const moving = await movingBucket({ ...writeThrough, [side]: refusing });
    const asked = moving.client.ask('POST', 'k', { query: 'uploads', body: '' });
    expect(await failureOf(asked)).toMatchObject({ status });
    await moving.settled();
    expect(await uploadsOf(moving)).toEqual([0, 0]);
  });

  it('is in neither when the state cannot note it', async () => {
    const onState = (kv: Kv): Kv =>
      Object.assign(kv, { commit: () => Promise.reject(new KvUnavailable('down')) });
    const moving = await movingBucket({ ...writeThrough, onState });
    const asked = moving.client.ask('POST', 'k', { query: 'uploads', body: '' });
    expect(await failureOf(asked)).toBeInstanceOf(KvUnavailable);
    await moving.settled();
    expect(await uploadsOf(moving)).toEqual([0, 0]);
  });

  it('is unknown under an id that is forged, or was given for another key', async () => {
    const { client } = await movingBucket(writeThrough);
    const upload = await Uploading.begin(client, 'k');
    const other = await Uploading.begin(client, 'other');
    const forged = `${upload.uploadId.slice(0, -2)}${upload.uploadId.endsWith('AA') ? 'BB' : 'AA'}`;
    for (const id of [forged, other.uploadId]) {
      const stolen = upload.by(client, id);
      for (const asked of [stolen.part(1, 'x'), stolen.list(), stolen.abort()])
        expect(await failureOf(asked)).toMatchObject({ code: 'NoSuchUpload' });
    }
  });
});

describe('a part of two uploads', () => {
  it('is sent to both with its digest, and answered with the ETag of the target', async () => {
    const moving = await movingBucket(writeThrough);
    const upload = await Uploading.begin(moving.client, 'k');
    const digest = { 'content-md5': 'kAFQmDzST7DWlj99KOF/cg==' };
    const { status, headers } = await upload.part(1, 'abc', digest);
    expect([status, headers.etag]).toEqual([200, '"900150983cd24fb0d6963f7d28e17f72"']);
    for (const asked of [moving.asked.target, moving.asked.shadow]) {
      const sent = asked.find(({ operation }) => operation === 'UploadPart');
      expect(sent?.headers).toMatchObject({ ...digest, 'content-length': '3' });
    }
  });

  it.each([0, 1, 2, 300_000])('can have %i bytes', async (size) => {
    const { client, target, shadow } = await movingBucket(writeThrough);
    const upload = await Uploading.begin(client, 'k');
    await upload.part(1, 'x'.repeat(size));
    expect((await upload.complete()).status).toBe(200);
    expect([await target.text('k'), await shadow.text('k')]).toEqual(['x'.repeat(size), 'x'.repeat(size)]);
  });

  it.each([
    ['shadow', 'onShadow', 503],
    ['target', 'onTarget', 403],
  ] as const)('fails when the %s refuses it', async (_, side, status) => {
    const refusing = answering('UploadPart', 403, 'AccessDenied');
    const moving = await movingBucket({ ...writeThrough, [side]: refusing });
    const upload = await Uploading.begin(moving.client, 'k');
    expect(await failureOf(upload.part(1, 'x'.repeat(1_000_000)))).toMatchObject({ status });
  });

  it('that breaks off on its way is in neither', async () => {
    const moving = await movingBucket(writeThrough);
    const { uploadId } = await Uploading.begin(moving.client, 'k');
    const broken = async function* () {
      yield Buffer.from('abc');
      throw new S3Error('IncompleteBody');
    };
    const body = Readable.from(broken(), { objectMode: false });
    const query = `partNumber=1&uploadId=${uploadId}`;
    const sent = moving.client.ask('PUT', 'k', { query, body, headers: { 'content-length': '6' } });
    expect(await failureOf(sent)).toMatchObject({ code: 'IncompleteBody' });
    const listed = await moving.client.ask('GET', 'k', { query: `uploadId=${uploadId}` });
    expect(listed.text).not.toContain('<Part>');
  });
});

describe('a part of two uploads that is copied', () => {
  const from = (headers = {}) => ({ 'x-amz-copy-source': 'new/source', ...headers });

  const begun = async () => {
    const moving = await movingBucket(writeThrough);
    const { headers } = await moving.target.put('source', 'abcdefghij');
    return { moving, etag: headers.etag ?? '', upload: await Uploading.begin(moving.client, 'k') };
  };

  it.each([
    [{}, 'abcdefghij'],
    [{ 'x-amz-copy-source-range': 'bytes=2-4' }, 'cde'],
    [{ 'x-amz-copy-source-range': 'bytes=9-9' }, 'j'],
  ])('is read once, and is the same in both (%j)', async (headers, bytes) => {
    const { moving, upload } = await begun();
    expect((await upload.copyPart(1, from(headers))).text).toContain('<CopyPartResult');
    expect((await upload.complete()).status).toBe(200);
    expect([await moving.target.text('k'), await moving.shadow.text('k')]).toEqual([bytes, bytes]);
    expect(moving.asked.target.filter(({ operation }) => operation === 'GetObject')).toHaveLength(1);
  });

  it('is copied only if its source is as the client says', async () => {
    const { etag, upload } = await begun();
    const matching = { 'x-amz-copy-source-if-match': etag };
    const other = { 'x-amz-copy-source-if-none-match': etag };
    expect((await upload.copyPart(1, from(matching))).status).toBe(200);
    expect(await failureOf(upload.copyPart(1, from(other)))).toMatchObject({ code: 'PreconditionFailed' });
  });

  it.each([
    ['bytes=5-10', 'InvalidArgument'],
    ['bytes=0-', 'InvalidArgument'],
    ['0-1', 'InvalidArgument'],
  ])('has to be there as a whole (%s)', async (range, code) => {
    const { upload } = await begun();
    const copied = upload.copyPart(1, from({ 'x-amz-copy-source-range': range }));
    expect(await failureOf(copied)).toMatchObject({ code });
  });

  it('has to be there', async () => {
    const { upload } = await begun();
    const copied = await upload.copyPart(1, { 'x-amz-copy-source': 'new/none' });
    expect(copied).toMatchObject({ status: 404, text: expect.stringContaining('NoSuchKey') });
  });
});

describe('listings of uploads', () => {
  it('show parts under the id that the client has', async () => {
    const { client } = await movingBucket(writeThrough);
    const upload = await Uploading.begin(client, 'k');
    await upload.part(1, 'abc');
    await upload.part(2, 'defg');
    const { text } = await upload.list('&max-parts=1&part-number-marker=1');
    expect(text).toContain(`<UploadId>${upload.uploadId}</UploadId>`);
    expect(text).toContain('<Size>4</Size>');
    expect(text).not.toContain('<Size>3</Size>');
  });

  it('show those of two stores once, and those begun before by the id that they had', async () => {
    const moving = await movingBucket(writeThrough);
    const before = await Uploading.begin(moving.target, 'a');
    const upload = await Uploading.begin(moving.client, 'k');
    expect(await idsSeen(moving.client)).toEqual([before.uploadId, upload.uploadId]);
    expect(await idsSeen(moving.another('read-through'))).toEqual([before.uploadId, upload.uploadId]);
  });

  it('go on from page to page after any upload', async () => {
    const { client } = await movingBucket(writeThrough);
    const begun = [];
    for (const key of ['a', 'k', 'k', 'k', 'z']) begun.push(await Uploading.begin(client, key));
    const seen: string[] = [];
    for (let after = ''; seen.length < begun.length; ) {
      const { body } = await client.ask('GET', '', { query: `uploads&max-uploads=1${after}` });
      const { uploads, nextKeyMarker, nextUploadIdMarker } = readListUploads(body);
      seen.push(...uploads.map(({ uploadId }) => uploadId));
      after = `&key-marker=${nextKeyMarker}&upload-id-marker=${nextUploadIdMarker}`;
    }
    expect(seen.sort()).toEqual(begun.map(({ uploadId }) => uploadId).sort());
  });

  it('forget an upload that has ended', async () => {
    const moving = await movingBucket(writeThrough);
    const aborted = await Uploading.begin(moving.client, 'k');
    const completed = await Uploading.begin(moving.client, 'k');
    await completed.part(1, 'abc');
    const halves = await idsSeen(moving.target);
    expect((await moving.uploadIds.sealedIds(halves)).size).toBe(2);
    await aborted.abort();
    await completed.complete();
    await moving.settled();
    expect((await moving.uploadIds.sealedIds(halves)).size).toBe(0);
    expect(await idsSeen(moving.client)).toEqual([]);
    expect(await uploadsOf(moving)).toEqual([0, 0]);
  });
});

describe('an abort of two uploads', () => {
  it('ends both', async () => {
    const moving = await movingBucket(writeThrough);
    const upload = await Uploading.begin(moving.client, 'k');
    await upload.part(1, 'abc');
    expect((await upload.abort()).status).toBe(204);
    expect(await uploadsOf(moving)).toEqual([0, 0]);
    expect(await failureOf(upload.part(2, 'x'))).toMatchObject({ status: 404 });
    expect(await upload.abort()).toMatchObject({
      status: 404,
      text: expect.stringContaining('NoSuchUpload'),
    });
    expect((await moving.ledger.record('k')).intents).toEqual([]);
  });

  it.each(['onShadow', 'onTarget'] as const)(
    'fails when it fails in one of them (%s), and can be tried again',
    async (side) => {
      let isFirst = true;
      const failing: S3Filter = (service) => async (request) => {
        if (request.operation !== 'AbortMultipartUpload' || !isFirst) return service(request);
        isFirst = false;
        return { status: 503, headers: {} };
      };
      const moving = await movingBucket({ ...writeThrough, [side]: failing });
      const upload = await Uploading.begin(moving.client, 'k');
      expect(await failureOf(upload.abort())).toMatchObject({ status: 503 });
      expect((await upload.abort()).status).toBe(204);
      expect(await uploadsOf(moving)).toEqual([0, 0]);
    },
  );
});

describe('an upload of two stores on a rung that writes to the target alone', () => {
  it.each(['exclusive', 'read-through', 'target-only'] as const)(
    'goes on as the half of the target (%s)',
    async (rung) => {
      const moving = await movingBucket(writeThrough);
      const begun = await Uploading.begin(moving.client, 'k');
      await begun.part(1, 'abc');
      const upload = begun.by(moving.another(rung));
      await upload.part(2, 'def');
      expect((await upload.list()).text).toContain(`<UploadId>${begun.uploadId}</UploadId>`);
      expect((await upload.complete()).status).toBe(200);
      await moving.settled();
      expect([await moving.target.text('k'), await moving.shadow.text('k')]).toEqual(['abcdef', undefined]);
      expect(await uploadsOf(moving)).toEqual([0, 0]);
    },
  );

  it.each(['exclusive', 'read-through', 'target-only'] as const)('is aborted in both (%s)', async (rung) => {
    const moving = await movingBucket(writeThrough);
    const upload = await Uploading.begin(moving.client, 'k');
    expect((await upload.by(moving.another(rung)).abort()).status).toBe(204);
    expect(await uploadsOf(moving)).toEqual([0, 0]);
  });

  it('is completed, where others may still write through, once the half of the shadow is gone', async () => {
    const gone = answering('AbortMultipartUpload', 503, 'SlowDown');
    const moving = await movingBucket({ ...writeThrough, onShadow: gone });
    const begun = await Uploading.begin(moving.client, 'k');
    await begun.part(1, 'abc');
    expect(await failureOf(begun.by(moving.another('exclusive')).complete())).toMatchObject({ status: 503 });
    expect(await moving.target.text('k')).toBeUndefined();
    expect((await moving.ledger.record('k')).intents).toEqual([]);
  });

  it('is known where there is no shadow any more', async () => {
    const moving = await movingBucket(writeThrough);
    const begun = await Uploading.begin(moving.client, 'k');
    await begun.part(1, 'abc');
    const upload = begun.by(moving.withoutShadow);
    await upload.part(2, 'def');
    expect((await upload.list()).text).toContain(`<UploadId>${begun.uploadId}</UploadId>`);
    expect((await upload.complete()).status).toBe(200);
    expect(await moving.target.text('k')).toBe('abcdef');
    expect(await failureOf(begun.by(moving.withoutShadow, `${begun.uploadId}x`).abort())).toMatchObject({
      code: 'NoSuchUpload',
    });
  });
});
