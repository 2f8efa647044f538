import { randomUUID } from 'node:crypto';
import type { Backend } from '../backends/backend.js';
import { collect } from '../s3/body.js';
import type { S3Service } from '../s3/message.js';
import { readError } from '../s3/xml/error.js';
import { readRoot } from '../s3/xml/reader.js';
import type { Clock } from '../system/clock.js';
import { ensureBackendBucket } from './backend-bucket.js';
import { BackendChecks, type BackendReport, reasonOf } from './backend-report.js';
import { Leftovers } from './leftovers.js';
import { probeConditionalWrites } from './probe-conditional-writes.js';
import { KEY_ERRORS, NO_S3_SERVICE, REGION_ERRORS } from './probe-refusal.js';
import { probeTrailingChecksums } from './probe-trailing-checksums.js';
import { codeOf, type ProbeTarget, type ScratchObject, withScratchObject } from './scratch-object.js';
import { copyOntoItself, uploadOnePart } from './scratch-writes.js';
import type { StorageBackend } from './storage.js';

export interface ProbeBackendOptions {
  /** A bucket that is there, to try what can be written; without it one is made, and removed again. */
  readonly bucket?: string | undefined;
  readonly clock: Clock;
}

/** How long all questions may take together, and how long the removal of what was made for them may, ms. */
const DEADLINE_MS = 20_000;
const REMOVAL_MS = 10_000;
/** Of a list of buckets. */
const MAX_LIST_BYTES = 8 * 1024 * 1024;

/** Finds out by trying what a backend can do, and removes what it has made for that. What the backend does is told, not thrown. */
export async function probeBackend(
  storage: StorageBackend,
  { bucket, clock }: ProbeBackendOptions,
): Promise<BackendReport> {
  const { name } = storage.backend;
  const checks = new BackendChecks();
  const leftovers = new Leftovers();
  const within = <T>(ms: number, use: (service: S3Service) => Promise<T>) =>
    untilDeadline(storage.backend.service, { ms, clock }, use);
  await within(DEADLINE_MS, (service) =>
    tryOut(
      { ...storage, backend: { ...storage.backend, service: leftovers.noting(service) }, bucket },
      checks,
    ),
  );
  return checks.report(await within(REMOVAL_MS, (service) => leftovers.remove({ name, service })));
}

interface Tried {
  readonly backend: StorageBackend['backend'];
  readonly region?: string;
  readonly bucket: string | undefined;
}

async function tryOut(tried: Tried, checks: BackendChecks): Promise<void> {
  if (!(await reach(tried, checks))) return;
  const bucket = tried.bucket ?? (await makeBucket(tried, checks));
  if (tried.bucket !== undefined) checks.skip('create_bucket', 'a bucket was given');
  if (bucket === undefined) checks.skipRest('there is no bucket to try it in');
  else await tryWrites(tried.backend, bucket, checks);
}

/** Whether an S3 service answers, and takes the key. */
async function reach({ backend, region }: Tried, checks: BackendChecks): Promise<boolean> {
  const { unreached, code } = await listBuckets(backend.service).catch((error: unknown) => ({
    unreached: reasonOf(error),
    code: undefined,
  }));
  checks.note('reachable', unreached);
  if (unreached !== undefined) checks.skipRest('it cannot be reached');
  if (unreached !== undefined) return false;
  const refusal = keyRefusal(code, region);
  checks.note('credentials', refusal);
  if (refusal === undefined) checks.note('list_buckets', code);
  else checks.skipRest('the access key is refused');
  return refusal === undefined;
}

interface Reached {
  /** Why what answers is no S3 service. */
  readonly unreached: string | undefined;
  /** Of its refusal. */
  readonly code: string | undefined;
}

async function listBuckets(service: S3Service): Promise<Reached> {
  const { signal } = new AbortController();
  const place = { bucket: '', key: '', query: [], headers: {}, signal };
  const { status, body } = await service({ operation: 'ListBuckets', method: 'GET', ...place });
  const text = await collect(body, MAX_LIST_BYTES);
  if (status === 200) readRoot(text, 'ListAllMyBucketsResult');
  const code = readError(text)?.code;
  const isS3 = status === 200 || code !== undefined;
  return { unreached: isS3 ? undefined : `${NO_S3_SERVICE} (HTTP ${status})`, code };
}

function keyRefusal(code: string | undefined, region: string | undefined): string | undefined {
  if (code === undefined) return undefined;
  if (REGION_ERRORS.has(code)) return `it is not in region "${region}": ${code}`;
  return KEY_ERRORS.has(code) ? code : undefined;
}

async function makeBucket({ backend, region }: Tried, checks: BackendChecks): Promise<string | undefined> {
  const name = `penumbra-probe-${randomUUID()}`;
  const isMade = await checks.attempt('create_bucket', async () => {
    await ensureBackendBucket({ backend, name, ...(region && { region }) });
    return undefined;
  });
  return isMade ? name : undefined;
}

/** What the store does with objects of a bucket that is there. */
async function tryWrites(
  { type, encrypted, service }: Backend,
  bucket: string,
  checks: BackendChecks,
): Promise<void> {
  const target = { service, bucket };
  const isWritable = await checks.attempt('write', () => withScratchObject(target, async () => undefined));
  if (!isWritable) {
    checks.skipRest('nothing can be written');
    return;
  }
  await checks.attempt('multipart', () => withScratchObject(target, uploads));
  await checks.attempt('server_side_copy', () => withScratchObject(target, copies(bucket)));
  await tryConditions(target, checks);
  if (type !== 's3' || encrypted)
    checks.skip('trailing_checksums', 'the gateway judges itself what it stores there');
  else
    await checks.attempt('trailing_checksums', async () =>
      (await probeTrailingChecksums(target)) ? undefined : 'a checksum after the body is not judged',
    );
}

async function tryConditions(target: ProbeTarget, checks: BackendChecks): Promise<void> {
  await checks.attempt('conditional_put', async () => {
    const { put, match, complete, copy } = await probeConditionalWrites(target);
    checks.note('conditional_match', match ? undefined : 'If-Match on PutObject or DeleteObject is ignored');
    checks.note('conditional_complete', complete ? undefined : ignored('CompleteMultipartUpload'));
    checks.note('conditional_copy', copy ? undefined : ignored('CopyObject'));
    return put ? undefined : ignored('PutObject');
  });
}

const ignored = (operation: string): string => `If-None-Match: * on ${operation} is ignored`;

const uploads = async (scratch: ScratchObject): Promise<string | undefined> =>
  refusalOf(await uploadOnePart(scratch));

const copies = (bucket: string) => async (scratch: ScratchObject) =>
  refusalOf(await copyOntoItself(scratch, bucket));

/** S3 can answer 200 and then find that it failed. */
const refusalOf = (answer: Parameters<typeof codeOf>[0]): string | undefined =>
  answer.status >= 300 || readError(answer.text) !== undefined ? codeOf(answer) : undefined;

async function untilDeadline<T>(
  service: S3Service,
  { ms, clock }: { readonly ms: number; readonly clock: Clock },
  use: (service: S3Service) => Promise<T>,
): Promise<T> {
  const late = new AbortController();
  const timer = clock.after(ms, () => late.abort(new Error(`no answer within ${ms / 1_000} s`)));
  try {
    return await use((request) => service({ ...request, signal: late.signal }));
  } finally {
    timer.cancel();
  }
}
