import {
  AbortMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectAclCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { HAS_SHADOW } from '../shadow/shadowed.js';
import type { BucketRecord } from '../state/buckets.js';
import type { RemotePlace } from '../state/place.js';
import type { Clock } from '../system/clock.js';
import { ShadowRefused } from './probe-refusal.js';
import { isNotFound, notS3, shadowRefusal } from './remote-refusal.js';
import {
  type ProbeTarget,
  type ScratchObject,
  scratchKey,
  TargetRefused,
  withScratchObject,
} from './scratch-object.js';

type Shadow = NonNullable<BucketRecord['shadow']> & { readonly place: RemotePlace };

/** How long all questions to a shadow may take together, in milliseconds. */
const DEADLINE_MS = 10_000;

/** Asks the shadow one question after the other; `what` says in a refusal what could not be done. */
type Ask = <T>(what: string, question: (client: S3Client, signal: AbortSignal) => Promise<T>) => Promise<T>;

/**
 * As `probeShadow`, of a shadow that a bucket has by its address and key. It is asked by the AWS SDK, as others will ask it.
 * Throws ShadowRefused with the first reason why not.
 */
export async function probeRemote(shadow: Shadow, target: ProbeTarget, clock: Clock): Promise<void> {
  const { place } = shadow;
  const client = shadowClient(place);
  const deadline = new AbortController();
  const timer = clock.after(DEADLINE_MS, () => deadline.abort());
  const ask: Ask = (what, question) =>
    question(client, deadline.signal).catch((error: unknown) => {
      const deadlineMs = deadline.signal.aborted ? DEADLINE_MS : null;
      throw shadowRefusal(error, { what, shadow: place, deadlineMs });
    });
  try {
    await probeReads(ask, shadow);
    await probeIdentity(ask, shadow, target);
    if (shadow.writeThrough) await probeWrites(ask, shadow);
    if (shadow.delete === 'both') await probeDeletes(ask, shadow);
  } finally {
    timer.cancel();
    client.destroy();
  }
}

function shadowClient({ endpoint, region, accessKeyId, secretAccessKey }: RemotePlace): S3Client {
  return new S3Client({
    endpoint,
    region,
    credentials: { accessKeyId, secretAccessKey },
    forcePathStyle: true,
    maxAttempts: 1,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
}

async function probeReads(
  ask: Ask,
  { place: { bucket: Bucket }, prefix: Prefix, acl }: Shadow,
): Promise<void> {
  const listing = new ListObjectsV2Command({ Bucket, Prefix, MaxKeys: 1 });
  const hasShadow = noteShadow(listing);
  const page = await ask('listing (s3:ListBucket)', (client, abortSignal) =>
    client.send(listing, { abortSignal }),
  );
  // Any XML is an empty listing to the SDK; S3 always says whose.
  if (page.Name === undefined) throw notS3();
  if (hasShadow()) {
    throw new ShadowRefused(
      'shadow has a shadow of its own, which would not be seen: move that bucket first',
    );
  }
  const Key = page.Contents?.[0]?.Key;
  if (Key === undefined) return;
  await ask('reading (s3:GetObject)', (client, abortSignal) =>
    client.send(new HeadObjectCommand({ Bucket, Key }), { abortSignal }).then(() => true, falseIfNotFound),
  );
  if (!acl) return;
  await ask('reading ACLs (s3:GetObjectAcl), which --shadow-acl needs', (client, abortSignal) =>
    client.send(new GetObjectAclCommand({ Bucket, Key }), { abortSignal }).then(() => true, falseIfNotDenied),
  );
}

/** What has no ACLs has none to be kept, which is told of each copy. */
function falseIfNotDenied(error: unknown): false {
  if (error instanceof S3ServiceException && error.$metadata.httpStatusCode !== 403) return false;
  throw error;
}

/** A bucket of another gateway says in its listing that it is moving itself; to a gateway whose shadow it is it shows its target alone. */
function noteShadow(command: ListObjectsV2Command): () => boolean {
  let hasShadow = false;
  command.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const { response } = result as { response?: { headers?: Readonly<Record<string, string>> } };
      hasShadow = response?.headers?.[HAS_SHADOW] !== undefined;
      return result;
    },
    { step: 'deserialize', priority: 'low' },
  );
  return () => hasShadow;
}

/** Whatever the names and addresses are: a shadow that shows what was just put in the target is the target. */
async function probeIdentity(
  ask: Ask,
  { place: { bucket: Bucket }, prefix }: Shadow,
  target: ProbeTarget,
): Promise<void> {
  const look = ({ key: Key }: ScratchObject) =>
    ask('reading (s3:GetObject)', (client, abortSignal) =>
      client.send(new HeadObjectCommand({ Bucket, Key }), { abortSignal }).then(() => true, falseIfNotFound),
    );
  // The shadow's key may allow no more than to read what is to be moved.
  const isShown = withScratchObject(target, look, scratchKey(prefix));
  if (await isShown.catch(falseIfNoBucket)) {
    throw new ShadowRefused('shadow is the target itself: an object put in the target shows in the shadow');
  }
}

/** An upload that is begun and aborted needs the right to write and stores no object. */
async function probeWrites(ask: Ask, { place: { bucket: Bucket }, prefix }: Shadow): Promise<void> {
  const Key = scratchKey(prefix);
  await ask('writing (s3:PutObject), which write-through needs', async (client, abortSignal) => {
    const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key }), {
      abortSignal,
    });
    await client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }), { abortSignal });
  });
}

/** Deleting what does not exist needs the right to delete; a versioned bucket answers with a marker, taken away again. */
async function probeDeletes(ask: Ask, { place: { bucket: Bucket }, prefix }: Shadow): Promise<void> {
  const Key = scratchKey(prefix);
  const what = 'deleting (s3:DeleteObject), which deletes in both buckets need';
  await ask(what, async (client, abortSignal) => {
    const { VersionId } = await client.send(new DeleteObjectCommand({ Bucket, Key }), { abortSignal });
    if (VersionId === undefined || VersionId === 'null') return;
    await client.send(new DeleteObjectCommand({ Bucket, Key, VersionId }), { abortSignal });
  });
}

/** The first key of the listing can be deleted before it is read. */
function falseIfNotFound(error: unknown): false {
  if (isNotFound(error)) return false;
  throw error;
}

/** A target bucket that does not exist yet is nobody's shadow. */
function falseIfNoBucket(error: unknown): false {
  if (error instanceof TargetRefused && error.code === 'NoSuchBucket') return false;
  throw error;
}
