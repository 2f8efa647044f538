import type { S3Filter, S3Request } from '../../../src/s3/message.js';
import { queryValue } from '../../../src/s3/params.js';
import type { MigrateOptions } from '../../../src/shadow/copying/migrate.js';
import type { Moving } from '../moving.js';
import { Uploading } from '../uploading.js';

/** What makes the sweep read an object in ranges, however small it is. */
export const LARGE: MigrateOptions['listed'] = { size: 64 * 1024 * 1024, etag: `"${'0'.repeat(32)}-9"` };

/** Of a source that knows of no parts: part numbers are ignored, as Ceph RGW does. */
export const withoutParts: S3Filter = (service) => (request) =>
  service({ ...request, query: request.query.filter(([name]) => name !== 'partNumber') });

/** Uploads an object to the shadow in parts of these bytes; resolves to its ETag. */
export async function uploadTo(
  { shadow }: Pick<Moving, 'shadow'>,
  key: string,
  parts: readonly string[],
): Promise<string> {
  const uploading = await Uploading.begin(shadow, key, { 'x-amz-meta-color': 'red' });
  for (const [index, part] of parts.entries()) await uploading.part(index + 1, part);
  await uploading.complete();
  return (await shadow.ask('HEAD', key)).headers.etag ?? '';
}

/** The numbers of the parts that were sent, in order. */
export const partsAmong = (requests: readonly S3Request[]): number[] =>
  requests
    .filter(({ operation }) => operation === 'UploadPart')
    .map((request) => Number(queryValue(request, 'partNumber')));

export const operationsOf = (requests: readonly S3Request[], operation: string): number =>
  requests.filter((request) => request.operation === operation).length;

export const uploadsIn = async (store: Moving['target']): Promise<number> =>
  (await store.ask('GET', '', { query: 'uploads' })).text.split('<Upload>').length - 1;
