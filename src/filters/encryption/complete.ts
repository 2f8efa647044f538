import { collect } from '../../s3/body.js';
import { S3Error } from '../../s3/errors.js';
import { fieldsOf } from '../../s3/fields.js';
import type { S3Request, S3Response } from '../../s3/message.js';
import {
  type CompletedPart,
  readComplete,
  readCompleteResult,
  writeComplete,
} from '../../s3/xml/multipart.js';
import { type ListedPart, readListParts } from '../../s3/xml/parts.js';
import { partsOf } from './answers.js';
import type { EncryptionContext } from './context.js';
import { CHUNK, plainSize } from './format.js';
import { innerUploadId, withInnerId } from './upload-ids.js';
import { encrypted, foreignUpload, withoutBodyClaims } from './write.js';
import { changedXml, withoutChecksumElements } from './xml.js';

/** More than 10,000 parts take, each with its ETag and its checksums. */
const MAX_DOCUMENT = 8 * 1024 * 1024;

/**
 * CompleteMultipartUpload of parts that make an object whose every place is known: numbered from 1 on, all but the last of one size of whole chunks, the last no
 * longer. Others are refused before the store is asked, and stay as they are.
 *
 * @throws S3Error MalformedXML, InvalidArgument, InvalidPart, InvalidPartOrder, InvalidRequest; ServiceUnavailable when the store does not list the parts
 */
export async function completeUpload(ctx: EncryptionContext, request: S3Request): Promise<S3Response> {
  if (innerUploadId(request) === undefined) return foreignUpload(ctx, request);
  const document = await collect(request.body, MAX_DOCUMENT, () => new S3Error('MalformedXML'));
  const parts = readComplete(document);
  const sizes = await sizesOf(ctx, withInnerId(request), parts);
  if (sizes) {
    assertLayout(parts, sizes);
    assertAnnounced(request, sizes);
  }
  return expectCounted(await ctx.store(asStored(request, parts)));
}

function asStored(request: S3Request, parts: readonly CompletedPart[]): S3Request {
  const body = Buffer.from(writeComplete(parts.map(({ partNumber, etag }) => ({ partNumber, etag }))));
  const { 'x-amz-mp-object-size': _, ...headers } = withoutBodyClaims(request.headers);
  return { ...withInnerId(request), headers: { ...headers, 'content-length': String(body.length) }, body };
}

/**
 * Plaintext bytes of the parts; undefined where the store is to say what is wrong: an upload or a part that it does not have.
 *
 * @throws S3Error InvalidPartOrder: some stores sort them instead
 */
async function sizesOf(
  ctx: EncryptionContext,
  request: S3Request,
  parts: readonly CompletedPart[],
): Promise<readonly number[] | undefined> {
  const isInOrder = parts.every(({ partNumber }, index) => partNumber > (parts[index - 1]?.partNumber ?? 0));
  if (!isInOrder) throw new S3Error('InvalidPartOrder');
  const listed = await storedParts(ctx, request);
  const sizes: number[] = [];
  for (const { partNumber, etag } of parts) {
    const part = listed?.get(partNumber);
    const size = part && bare(part.etag) === bare(etag) ? plainSize(part.size) : undefined;
    if (size === undefined) return undefined;
    sizes.push(size);
  }
  return sizes;
}

const bare = (etag: string): string => etag.replaceAll('"', '').trim();

async function storedParts(
  ctx: EncryptionContext,
  { bucket, key, signal, ...request }: S3Request,
): Promise<ReadonlyMap<number, ListedPart> | undefined> {
  const uploadId = request.query.filter(([name]) => name === 'uploadId');
  const headers = fieldsOf(request.headers, (name) => name.startsWith('x-amz-expected-bucket-owner'));
  const parts = new Map<number, ListedPart>();
  for (let marker = 0; ; ) {
    const page = [
      ['max-parts', '1000'],
      ['part-number-marker', String(marker)],
    ] as const;
    const query = [...page, ...uploadId];
    const asked = { operation: 'ListParts', method: 'GET', bucket, key, query, headers, signal } as const;
    const answer = await ctx.store(asked);
    const document = await collect(answer.body, MAX_DOCUMENT);
    if (answer.status === 404) return undefined;
    if (answer.status !== 200)
      throw new S3Error('ServiceUnavailable', `ListParts was answered ${answer.status}.`);
    const { parts: listed, isTruncated } = readListParts(document);
    for (const part of listed) parts.set(part.partNumber, part);
    const last = listed.at(-1)?.partNumber ?? 0;
    if (!isTruncated || last <= marker) return parts;
    marker = last;
  }
}

function assertLayout(parts: readonly CompletedPart[], sizes: readonly number[]): void {
  const [first = 0] = sizes;
  const wrong = parts.findIndex(({ partNumber }, index) => {
    const size = sizes[index] ?? 0;
    const fits = index < parts.length - 1 ? size === first && size % CHUNK === 0 : size <= first;
    return partNumber !== index + 1 || !fits;
  });
  const part = parts[wrong];
  if (!part) return;
  const fields = { PartNumber: String(part.partNumber), ETag: part.etag };
  throw new S3Error('InvalidPart', LAYOUT, { fields });
}

const LAYOUT =
  'The backend is encrypted by the gateway: parts must be numbered 1, 2, 3 and so on, all but the last must have the same size, ' +
  `a multiple of ${CHUNK} bytes, and the last must not be larger.`;

function assertAnnounced({ headers }: S3Request, sizes: readonly number[]): void {
  const announced = headers['x-amz-mp-object-size'];
  const size = sizes.reduce((sum, one) => sum + one, 0);
  if (announced === undefined || Number(announced) === size) return;
  throw new S3Error('InvalidRequest', 'The provided x-amz-mp-object-size does not match what was uploaded.');
}

/** The number of parts is what tells whether all of them are there when the object is read. */
async function expectCounted(received: S3Response): Promise<S3Response> {
  if (received.status !== 200) return received;
  const answer = await changedXml(received, withoutChecksumElements);
  const result = readCompleteResult(answer.body);
  if ('error' in result || result.etag === '' || partsOf(result.etag) !== undefined) return encrypted(answer);
  throw new S3Error(
    'NotImplemented',
    `The backend's ETag ${result.etag} does not tell the number of parts: objects in parts cannot be encrypted there.`,
  );
}
