import { Readable } from 'node:stream';
import {
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  PutObjectCommand,
  paginateListObjectsV2,
  S3Client,
  UploadPartCommand,
  waitUntilObjectExists,
  waitUntilObjectNotExists,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { expect, onTestFinished, test } from 'vitest';
import type { BucketClient } from '../../support/bucket-client.js';
import type { Files } from '../../support/folder.js';
import { describeMoves } from '../scenarios.js';
import {
  CHANGED,
  expectAfterMigration,
  expectSame,
  halfMigrated,
  LMDB_ALONE,
  MODES,
  RENAMED,
} from './half-migrated.js';

const PART = 5 * 1024 * 1024;

/** As programs make one: with the checksums and the retries that the SDK has by itself. */
function openSdk({ account: { endpoint, region, ...credentials } }: BucketClient): S3Client {
  const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  onTestFinished(() => client.destroy());
  return client;
}

async function readAll(client: S3Client, Bucket: string): Promise<Files> {
  const files: Record<string, Buffer> = {};
  for await (const { Contents = [] } of paginateListObjectsV2({ client, pageSize: 7 }, { Bucket })) {
    for (const { Key = '' } of Contents) {
      const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
      files[Key] = Buffer.from((await Body?.transformToByteArray()) ?? []);
    }
  }
  return files;
}

function brokenOff(content: Buffer): Readable {
  return Readable.from(
    (function* () {
      yield content;
      throw new Error('the source broke off');
    })(),
  );
}

/** An upload that is broken off after its first part and finished by hand, as `leavePartsOnError` is meant for. */
async function uploadInTwoGoes(client: S3Client, at: { Bucket: string; Key: string }, content: Buffer) {
  const params = { ...at, Body: brokenOff(content.subarray(0, 2 * PART)) };
  const upload = new Upload({ client, params, partSize: PART, queueSize: 1, leavePartsOnError: true });
  await expect(upload.done()).rejects.toThrow('the source broke off');
  const { uploadId: UploadId } = upload;
  const { Parts = [] } = await client.send(new ListPartsCommand({ ...at, UploadId }));
  const kept: CompletedPart[] = Parts.map(({ PartNumber, ETag }) => ({ PartNumber, ETag }));
  const sent = Parts.reduce((sum, { Size = 0 }) => sum + Size, 0);
  const last = { PartNumber: kept.length + 1, Body: content.subarray(sent) };
  const { ETag } = await client.send(new UploadPartCommand({ ...at, UploadId, ...last }));
  const MultipartUpload = { Parts: [...kept, { PartNumber: last.PartNumber, ETag }] };
  await client.send(new CompleteMultipartUploadCommand({ ...at, UploadId, MultipartUpload }));
  return kept.length;
}

async function uploadsIn(client: S3Client, Bucket: string): Promise<number> {
  const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket }));
  return Uploads.length;
}

describeMoves(
  (world) => {
    test.each(MODES)(
      'AWS SDK: lib-storage, paginators, waiters, presigned URLs (%s)',
      async (_mode, flags) => {
        const move = await halfMigrated(world(), flags);
        const client = openSdk(move.bucket);
        const Bucket = move.bucket.name;
        const { 'new/in parts.bin': inParts = Buffer.alloc(0), 'new/small.txt': small } = CHANGED;

        expect(await uploadInTwoGoes(client, { Bucket, Key: 'new/in parts.bin' }, inParts)).toBeGreaterThan(
          0,
        );
        const url = await getSignedUrl(client, new PutObjectCommand({ Bucket, Key: 'new/small.txt' }));
        expect((await fetch(url, { method: 'PUT', body: String(small) })).status).toBe(200);
        for (const Key of ['many/3', 'many/6']) {
          const params = { Bucket, Key, Body: Readable.from([CHANGED[Key] ?? '']) };
          await new Upload({ client, params }).done();
        }
        const absent = new PutObjectCommand({ Bucket, Key: 'many/5', Body: 'x', IfNoneMatch: '*' });
        await expect(client.send(absent)).rejects.toMatchObject({ name: 'PreconditionFailed' });

        const Delete = { Objects: [{ Key: 'plain.txt' }, { Key: 'many/4' }] };
        await client.send(new DeleteObjectsCommand({ Bucket, Delete }));
        const waiting = { client, maxWaitTime: 30, minDelay: 1 };
        await waitUntilObjectNotExists(waiting, { Bucket, Key: 'plain.txt' });
        const CopySource = `${Bucket}/in one piece.bin`;
        await client.send(new CopyObjectCommand({ Bucket, Key: 'renamed/large.bin', CopySource }));
        await client.send(new DeleteObjectCommand({ Bucket, Key: 'in one piece.bin' }));
        await waitUntilObjectExists(waiting, { Bucket, Key: 'renamed/large.bin' });

        expect(await uploadsIn(client, Bucket)).toBe(0);
        expectSame(await readAll(client, Bucket), RENAMED);
        await expectAfterMigration(world(), move, RENAMED);
      },
    );

    test.each(MODES)('AWS SDK: an upload that fails leaves nothing (%s)', async (_mode, flags) => {
      const { bucket, old } = await world().move(undefined, ...flags);
      const client = openSdk(bucket);
      const upload = new Upload({
        client,
        params: { Bucket: bucket.name, Key: 'k', Body: brokenOff(Buffer.alloc(2 * PART)) },
        partSize: PART,
      });
      await expect(upload.done()).rejects.toThrow('the source broke off');
      expect([await uploadsIn(client, bucket.name), await bucket.keys()]).toEqual([0, []]);
      expect([await uploadsIn(old.sdk, old.name), await old.keys()]).toEqual([0, []]);
    });
  },
  { only: LMDB_ALONE },
);
