import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import type { HeaderFields, S3Service } from '../../../src/s3/message.js';
import { readError } from '../../../src/s3/xml/error.js';
import { readInitiateResult, writeComplete } from '../../../src/s3/xml/multipart.js';
import { type Answer, StoreClient } from '../../support/store-client.js';

export interface Capabilities {
  /** The smallest part that is not the last, bytes. */
  readonly minPartSize: number;
  /** Parts of any size above that, of sizes of their own, and of any numbers. */
  readonly anyParts: boolean;
  /** ETags are MD5s. */
  readonly digestETags: boolean;
  /** CreateBucket of a bucket that one has is refused. */
  readonly refusesOwnBucket: boolean;
  /** If-Match on PUT. */
  readonly ifMatchOnPut: boolean;
  /** If-Match on DELETE. */
  readonly ifMatchOnDelete: boolean;
  /** If-None-Match and If-Match on CompleteMultipartUpload. */
  readonly conditionalComplete: boolean;
  /** CompleteMultipartUpload answers the same when it is asked again. */
  readonly repeatableComplete: boolean;
  /** x-amz-copy-source-if-match and its like. */
  readonly copyConditions: boolean;
  readonly partNumberReads: boolean;
  /** x-amz-checksum-*. */
  readonly checksums: boolean;
  /** Those of parts, and of objects made of parts. */
  readonly partChecksums: boolean;
  /** GetObjectAttributes. */
  readonly attributes: boolean;
  /** The 2 KiB of user metadata. */
  readonly metadataLimit: boolean;
  /** Refuses what it cannot honour, such as object lock. */
  readonly refusesUnsupported: boolean;
}

type Capability = {
  [K in keyof Capabilities]: Capabilities[K] extends boolean ? K : never;
}[keyof Capabilities];

/** A store, and a new bucket of it for each case. */
export class Scene {
  constructor(
    readonly service: () => S3Service,
    readonly capabilities: Capabilities,
  ) {}

  /** A case for stores that can do this; skipped, by its name, on others. */
  when(capability: Capability): (name: string, test: () => Promise<void>) => void {
    return it.skipIf(!this.capabilities[capability]);
  }

  async bucket(): Promise<BucketClient> {
    const client = this.client(bucketName());
    expect((await client.ask('PUT', '')).status).toBe(200);
    return client;
  }

  client(bucket: string): BucketClient {
    return new BucketClient(this.service(), bucket);
  }
}

export class BucketClient extends StoreClient {
  constructor(
    service: S3Service,
    readonly name: string,
  ) {
    super(service, name);
  }
}

export function bucketName(): string {
  return `suite-${randomBytes(6).toString('hex')}`;
}

export function expectError(answer: Answer, status: number, code: string): void {
  expect([answer.status, readError(answer.text)?.code]).toEqual([status, code]);
}

export async function startUpload(
  client: StoreClient,
  key: string,
  headers: HeaderFields = {},
): Promise<string> {
  const answer = await client.ask('POST', key, { query: 'uploads', headers });
  expect(answer.status).toBe(200);
  return readInitiateResult(answer.text).uploadId;
}

export interface UploadTarget {
  readonly key: string;
  readonly uploadId: string;
}

/** Returns the part's ETag. */
export async function uploadPart(
  client: StoreClient,
  { key, uploadId }: UploadTarget,
  partNumber: number,
  body: Buffer | string,
): Promise<string> {
  const answer = await client.ask('PUT', key, {
    query: `partNumber=${partNumber}&uploadId=${uploadId}`,
    body,
  });
  expect(answer.status).toBe(200);
  return answer.headers.etag ?? '';
}

export function completeUpload(
  client: StoreClient,
  { key, uploadId }: UploadTarget,
  parts: readonly (readonly [partNumber: number, etag: string])[],
  headers: HeaderFields = {},
): Promise<Answer> {
  const body = writeComplete(parts.map(([partNumber, etag]) => ({ partNumber, etag })));
  return client.ask('POST', key, { query: `uploadId=${uploadId}`, body, headers });
}

/** Uploads an object in these parts. */
export async function putInParts(
  client: StoreClient,
  key: string,
  parts: readonly (Buffer | string)[],
  headers: HeaderFields = {},
): Promise<UploadTarget> {
  const target = { key, uploadId: await startUpload(client, key, headers) };
  const etags: [number, string][] = [];
  for (const [index, part] of parts.entries()) {
    etags.push([index + 1, await uploadPart(client, target, index + 1, part)]);
  }
  expect((await completeUpload(client, target, etags)).status).toBe(200);
  return target;
}
