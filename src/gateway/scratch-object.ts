import { randomUUID } from 'node:crypto';
import { collect } from '../s3/body.js';
import { S3Error } from '../s3/errors.js';
import { isKey } from '../s3/keys.js';
import type { HeaderFields, QueryParameter, S3Response, S3Service } from '../s3/message.js';
import type { OperationName } from '../s3/operations.js';
import { SCRATCH_PREFIX } from '../s3/scratch-key.js';
import { readError } from '../s3/xml/error.js';

/** A bucket as its backend names it. */
export interface ProbeTarget {
  readonly service: S3Service;
  readonly bucket: string;
}

/** The target did not take or give up an object; `code` is its S3 error code. */
export class TargetRefused extends Error {
  override readonly name = 'TargetRefused';

  constructor(
    readonly bucket: string,
    readonly code: string,
    readonly doing: string,
  ) {
    super(`target bucket "${bucket}" failed at ${doing}: ${code}`);
  }
}

export interface ScratchRequest {
  readonly operation: OperationName;
  readonly method: 'PUT' | 'POST' | 'DELETE';
  readonly query?: readonly QueryParameter[];
  readonly headers?: HeaderFields;
  readonly body?: Buffer;
}

export interface ScratchAnswer {
  readonly status: number;
  readonly etag?: string;
  readonly text: string;
}

/** An object that exists only while it is tried what its bucket does. */
export interface ScratchObject {
  readonly key: string;
  send(request: ScratchRequest): Promise<ScratchAnswer>;
}

/** A key that nobody else has; it begins with `prefix`, as far as that leaves room. */
export function scratchKey(prefix = ''): string {
  const name = SCRATCH_PREFIX + randomUUID();
  return isKey(prefix + name) ? prefix + name : name;
}

/** Puts a small object, hands it over, and removes it with every version that it was given. Throws TargetRefused. */
export async function withScratchObject<T>(
  target: ProbeTarget,
  use: (scratch: ScratchObject) => Promise<T>,
  key = scratchKey(),
): Promise<T> {
  const versions = new Set<string>();
  const send = async (request: ScratchRequest): Promise<ScratchAnswer> => {
    const response = await target.service(toS3Request(request, target.bucket, key));
    const version = response.headers['x-amz-version-id'];
    // A delete that names no version leaves one of its own: its marker.
    if (version !== undefined && !request.query?.some(([name]) => name === 'versionId'))
      versions.add(version);
    const etag = response.headers.etag;
    return { status: response.status, text: await textOf(response), ...(etag === undefined ? {} : { etag }) };
  };
  const expectOk = async (request: ScratchRequest, doing: string): Promise<void> => {
    const answer = await send(request);
    if (answer.status >= 300) throw new TargetRefused(target.bucket, codeOf(answer), doing);
  };
  await expectOk({ operation: 'PutObject', method: 'PUT', body: Buffer.from('probe') }, 'writing');
  try {
    return await use({ key, send });
  } finally {
    for (const query of deletions(versions)) {
      await expectOk({ operation: 'DeleteObject', method: 'DELETE', query }, 'deleting');
    }
  }
}

/** Without a version id a versioned bucket would keep the object under a delete marker. */
function deletions(versions: ReadonlySet<string>): QueryParameter[][] {
  return versions.size === 0 ? [[]] : [...versions].map((version) => [['versionId', version]]);
}

function toS3Request({ body, headers, query = [], ...request }: ScratchRequest, bucket: string, key: string) {
  const length = body === undefined ? {} : { 'content-length': String(body.length) };
  return {
    ...request,
    bucket,
    key,
    query,
    headers: { ...headers, ...length },
    ...(body === undefined ? {} : { body }),
    signal: new AbortController().signal,
  };
}

/** Of an error, or of what an upload is begun with, bytes. */
const LONGEST_TEXT = 65_536;

/** The content of a short answer. @throws S3Error MalformedXML when it is not short */
export async function textOf({ body }: S3Response): Promise<string> {
  return (await collect(body, LONGEST_TEXT, tooLong)).toString();
}

const tooLong = (): S3Error =>
  new S3Error('MalformedXML', `The store answered more than ${LONGEST_TEXT} bytes.`);

/** The S3 error code of an answer, or its status. */
export function codeOf({ status, text }: Pick<ScratchAnswer, 'status' | 'text'>): string {
  return readError(text)?.code ?? `HTTP ${status}`;
}
