import { describe, expect, it } from 'vitest';
import { BackendUnavailable } from '../../../src/backends/backend.js';
import type { S3Filter, S3Request, S3Service } from '../../../src/s3/message.js';
import { readInitiateResult, writeComplete } from '../../../src/s3/xml/multipart.js';
import { type Moving, type MovingOptions, movingBucket } from '../moving.js';

const LEASE_MS = 4_000;
const MIB = 1024 * 1024;
const PARTS = ['a'.repeat(5 * MIB), 'b'];

/** A bucket whose shadow has one object that was uploaded in parts. */
async function movingParts(options: MovingOptions = {}): Promise<Moving> {
  const moving = await movingBucket({ leaseMs: LEASE_MS, ...options });
  const { shadow } = moving;
  const { text } = await shadow.ask('POST', 'k', { query: 'uploads', body: '' });
  const { uploadId } = readInitiateResult(text);
  const etags: string[] = [];
  for (const [index, body] of PARTS.entries()) {
    const query = `partNumber=${index + 1}&uploadId=${uploadId}`;
    etags.push((await shadow.ask('PUT', 'k', { query, body })).headers.etag ?? '');
  }
  const body = writeComplete(etags.map((etag, index) => ({ partNumber: index + 1, etag })));
  await shadow.ask('POST', 'k', { query: `uploadId=${uploadId}`, body });
  return moving;
}

const uploadsInTarget = async ({ target }: Moving): Promise<number> =>
  (await target.ask('GET', '', { query: 'uploads' })).text.split('<Upload>').length - 1;

const copiesOf = async ({ ledger }: Moving) => (await ledger.record('k')).copies;

const onComplete =
  (act: (service: S3Service, request: S3Request) => ReturnType<S3Service>): S3Filter =>
  (service) =>
  (request) =>
    request.operation === 'CompleteMultipartUpload' ? act(service, request) : service(request);

const noAnswer = () => new BackendUnavailable('target', 'timeout', true);

describe('a copy in parts', () => {
  it('leaves nothing behind once it is completed', async () => {
    const moving = await movingParts();
    expect(await moving.bucket.migrate('k')).toMatchObject({ state: 'copied' });
    expect([await uploadsInTarget(moving), await copiesOf(moving)]).toEqual([0, []]);
  });

  it('whose Complete was not answered is aborted at once, and holds no writer up', async () => {
    const onTarget = onComplete(() => Promise.reject(noAnswer()));
    const moving = await movingParts({ onTarget });
    expect(await moving.bucket.migrate('k')).toMatchObject({ state: 'failed' });
    expect([await uploadsInTarget(moving), await copiesOf(moving)]).toEqual([0, []]);
    expect((await moving.client.ask('DELETE', 'k')).status).toBe(204);
  });

  it('cannot be completed late, once a writer went on', async () => {
    let late: (() => ReturnType<S3Service>) | undefined;
    const onTarget = onComplete((service, request) => {
      late = () => service(request);
      return Promise.reject(noAnswer());
    });
    const moving = await movingParts({ onTarget });
    await moving.bucket.migrate('k');
    await moving.client.ask('DELETE', 'k');
    expect((await late?.())?.status).toBe(404);
    expect(await moving.client.text('k')).toBeUndefined();
  });

  it.each([
    ['without an answer', () => Promise.reject(noAnswer())],
    ['with an error', () => Promise.resolve({ status: 500, headers: {} })],
  ])('that could not be aborted, %s, holds writers up until recovery has aborted it', async (_, failing) => {
    let isCut = true;
    const onTarget: S3Filter = (service) => (request) =>
      isCut && /^(Complete|Abort)MultipartUpload$/.test(request.operation) ? failing() : service(request);
    const moving = await movingParts({ onTarget });
    await moving.bucket.migrate('k');
    expect(await copiesOf(moving)).toMatchObject([{ state: 'committing' }]);
    moving.pass(LEASE_MS + 1);
    await expect(moving.client.ask('DELETE', 'k')).rejects.toMatchObject({ code: 'SlowDown' });
    isCut = false;
    moving.bucket.startRecovery();
    await expect.poll(() => copiesOf(moving)).toEqual([]);
    expect(await uploadsInTarget(moving)).toBe(0);
    expect((await moving.client.ask('DELETE', 'k')).status).toBe(204);
  });
});
