import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import type { BucketClient } from '../support/bucket-client.js';
import { describeMoves, type World } from './scenarios.js';

/** What a client knows of its own keys; undefined of a key of which a request was not answered with success. */
type Known = Map<string, string | null | undefined>;

/** What a client was shown that it cannot have been, as it was the only one to write its keys. */
type Wrong = string[];

/** Writes, reads, deletes and lists keys of its own, through one gateway after the other, until it is told to stop. */
async function live(name: string, gateways: readonly BucketClient[], isOver: () => boolean) {
  const [known, wrong]: [Known, Wrong] = [new Map(), []];
  for (let turn = 0; !isOver(); turn += 1) {
    const gateway = gateways[turn % gateways.length];
    if (!gateway) throw new RangeError('no gateway');
    const key = `${name}/${turn % 7}`;
    const deletes = turn % 5 === 4;
    known.set(
      key,
      await told(
        deletes ? gateway.delete(key) : gateway.put(key, `${name} ${turn}`),
        deletes ? null : `${name} ${turn}`,
      ),
    );
    for (const reader of gateways) await check(reader, key, { known, wrong });
    if (turn % 11 === 10) await checkListing(gateway, { known, wrong });
  }
  return { known, wrong };
}

/** `value` when the write was answered with success. */
async function told(write: Promise<unknown>, value: string | null): Promise<string | null | undefined> {
  return write.then(
    () => value,
    (error: unknown) => unless503(error),
  );
}

interface Checked {
  readonly known: Known;
  readonly wrong: Wrong;
}

async function check(reader: BucketClient, key: string, { known, wrong }: Checked): Promise<void> {
  const wanted = known.get(key);
  if (wanted === undefined) return;
  const seen = await read(reader, key);
  if (seen !== undefined && seen !== wanted) wrong.push(`${key} is ${seen} and was ${wanted}`);
}

async function checkListing(reader: BucketClient, { known, wrong }: Checked): Promise<void> {
  const listed = await reader.keys().catch(unless503);
  if (listed === undefined) return;
  for (const [key, value] of known)
    if (value !== undefined && listed.includes(key) !== (value !== null))
      wrong.push(`${key} is ${listed.includes(key) ? 'listed' : 'not listed'} and was ${value}`);
}

/** Null where there is no such object; undefined where the gateway asked to come back. */
const read = (reader: BucketClient, key: string): Promise<string | null | undefined> =>
  reader.text(key).catch((error: { readonly name?: string }) => {
    return error.name === 'NoSuchKey' ? null : unless503(error);
  });

function unless503(error: unknown): undefined {
  const { $metadata } = error as { readonly $metadata?: { readonly httpStatusCode?: number } };
  if ($metadata?.httpStatusCode !== 503) throw error;
  return undefined;
}

async function swap({ storage }: World, { name }: BucketClient): Promise<void> {
  await storage('update', name, '--swap-shadow', '--wait', '0').catch(unlessUnderWay);
  await expect.poll(async () => (await storage('status', name)).switching, { timeout: 60_000 }).toBeNull();
}

function unlessUnderWay(error: Error): void {
  if (!error.message.includes('still under way')) throw error;
}

/** An upload of two parts that goes on whichever store is the target meanwhile. */
async function beginUpload({ sdk, name: Bucket }: BucketClient, Key: string) {
  const { UploadId } = await sdk.send(new CreateMultipartUploadCommand({ Bucket, Key }));
  const Parts: { PartNumber: number; ETag: string | undefined }[] = [];
  return {
    async part(body: Buffer) {
      const PartNumber = Parts.length + 1;
      const sent = { Bucket, Key, UploadId, PartNumber, Body: body };
      const { ETag } = await sdk.send(new UploadPartCommand(sent));
      Parts.push({ PartNumber, ETag });
    },
    async complete() {
      const MultipartUpload = { Parts };
      await sdk.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload }));
    },
  };
}

describeMoves((world) => {
  test('target and shadow change places and back while clients go on, and none of them notices', async () => {
    const { storage, move } = world();
    const other = await world().startAnother();
    const { bucket, old } = await move(async (before) => {
      for (const key of ['left behind', 'stale', 'deleted']) await before.put(key, 'of the past');
    });
    await bucket.put('stale', 'new');
    await bucket.delete('deleted');
    await bucket.put('deleted', 'and written again');
    await storage('update', bucket.name, '--shadow-write-through');
    const upload = await beginUpload(bucket, 'in parts');
    await upload.part(Buffer.alloc(5 * 1024 * 1024, 'a'));

    let isOver = false;
    const gateways = [bucket, bucket.at(other.url)];
    const clients = ['one', 'two', 'three'].map((name) => live(name, gateways, () => isOver));
    const before = await storage('status', bucket.name);
    await swap(world(), bucket);
    const swapped = await storage('status', bucket.name);
    expect(swapped).toMatchObject({
      ...{ backend: null, target_endpoint: before.shadow.endpoint, target_bucket: old.name },
      shadow: {
        ...{ backend: before.backend, endpoint: null, name: before.target_bucket },
        ...{ write_through: true, rung: 'write-through' },
      },
    });
    await upload.part(Buffer.from('b'));
    await upload.complete();
    await bucket.put('written', 'after the swap');
    expect(await old.text('written')).toBe('after the swap');
    await swap(world(), bucket);
    expect(await storage('status', bucket.name)).toMatchObject({
      backend: before.backend,
      shadow: { endpoint: before.shadow.endpoint, name: old.name },
    });
    isOver = true;

    for (const { known, wrong } of await Promise.all(clients)) {
      expect(wrong).toEqual([]);
      expect(known.size).toBe(7);
      for (const [key, value] of known)
        for (const gateway of gateways)
          if (value !== undefined) expect([key, await read(gateway, key)]).toEqual([key, value]);
    }
    for (const [key, text] of [
      ['left behind', 'of the past'],
      ['stale', 'new'],
      ['deleted', 'and written again'],
    ] as const) {
      expect(await bucket.text(key)).toBe(text);
      expect(await old.text(key)).toBe(text);
    }
    expect((await bucket.get('in parts')).bytes.length).toBe(5 * 1024 * 1024 + 1);
    expect((await old.get('in parts')).bytes.length).toBe(5 * 1024 * 1024 + 1);
    expect(await other.stop()).toBe(0);
  }, 180_000);

  test('what is not written in both cannot change places', async () => {
    const { storage, move } = world();
    const { bucket } = await move();
    await expect(storage('update', bucket.name, '--swap-shadow')).rejects.toThrow(
      'cannot be its target: it is not written (set write-through first)',
    );
    await storage('update', bucket.name, '--shadow-write-through', '--shadow-delete', 'target');
    await expect(storage('update', bucket.name, '--swap-shadow')).rejects.toThrow(
      'it keeps what clients delete',
    );
    await expect(storage('update', bucket.name, '--swap-shadow', '--public')).rejects.toThrow(
      '--swap-shadow stands alone',
    );
  });
});
