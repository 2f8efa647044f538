import { discard } from '../../s3/body.js';
import { CHECKSUM_HEADERS } from '../../s3/checksums.js';
import type { HeaderFields, S3Body, S3Response } from '../../s3/message.js';
import { ask, mayStillApply, wasNeverSent } from '../ask.js';
import { WithheldBranch } from '../branch.js';
import type { ShadowContext } from '../context.js';
import type { Belongings } from './belongings.js';
import { CopyFailed } from './copy-outcome.js';
import { type CopySink, onlyIfAbsent, type Released, type SinkOptions } from './copy-sink.js';
import type { Loss } from './loss.js';
import { partCount } from './part-layout.js';
import { expectTaken } from './refusals.js';
import { sourceChecksum } from './source-checksum.js';
import { contentMd5, type SourceObject } from './source-object.js';

const REFUSED = 'target refused the copy';

interface Put {
  readonly gathered: Promise<Belongings>;
  readonly body: S3Body;
  readonly signal: AbortSignal;
}

async function put(
  ctx: ShadowContext,
  object: SourceObject,
  { gathered, body, signal }: Put,
): Promise<S3Response> {
  // A spread followed by more properties would cost several times as much.
  const headers: HeaderFields = Object.assign(
    {},
    (await gathered).headers,
    contentMd5(object),
    onlyIfAbsent(ctx.conditionalWrites.put),
    { 'content-length': String(object.size) },
  );
  return ctx.target(ask('PutObject', { method: 'PUT', key: object.key, headers, body, signal }));
}

async function released(
  { learnt: { refusals } }: ShadowContext,
  object: SourceObject,
  { given, answer }: { readonly given: Belongings; readonly answer: S3Response },
): Promise<Released> {
  if (answer.status === 412) {
    discard(answer.body);
    return { state: 'exists' };
  }
  await expectTaken(answer, REFUSED, { given: given.refusable, refusals });
  return { state: 'done', losses: [...given.losses, ...lostOnTheWay(object, given, answer)] };
}

/** A copy by one PUT of bytes that are at hand: it is sent when it is released. */
export function wholeSink(
  ctx: ShadowContext,
  object: SourceObject,
  { signal, belongings, whole }: SinkOptions & { readonly whole: Buffer },
): CopySink {
  const gathered = belongings('put');
  // `ready` tells what it fails with.
  gathered.catch(() => undefined);
  let answer: Promise<S3Response> | undefined;

  return {
    overwrites: !ctx.conditionalWrites.put,
    async ready() {
      await gathered;
    },
    async release() {
      answer = put(ctx, object, { gathered, body: whole, signal });
      return released(ctx, object, { given: await gathered, answer: await answer });
    },
    abort: async () => answer === undefined || answer.then(isOver, wasNeverSent),
  };
}

/** A copy by one PUT whose last byte is withheld. */
export function putSink(
  ctx: ShadowContext,
  object: SourceObject,
  { signal, belongings }: SinkOptions,
): CopySink {
  const { refusals } = ctx.learnt;
  const branch = new WithheldBranch();
  const gathered = belongings('put');
  const answer = put(ctx, object, { gathered, body: branch, signal });
  let isReleased = false;
  const end = (error?: Error) => branch.destroy(error);
  answer.then(() => end(), end);
  branch.on('error', () => undefined);

  return {
    branch,
    overwrites: !ctx.conditionalWrites.put,
    async ready() {
      const { refusable } = await gathered;
      if (!branch.destroyed) return;
      const early = await answer;
      if (early.status === 412) return;
      await expectTaken(early, REFUSED, { given: refusable, refusals });
      throw new CopyFailed('target answered before it had the whole copy');
    },
    async release() {
      isReleased = true;
      branch.release();
      const final = await answer;
      return released(ctx, object, { given: await gathered, answer: final });
    },
    async abort(reason) {
      branch.destroy(reason);
      return (await answer.then(isOver, wasNeverSent)) || !isReleased;
    },
  };
}

/** What was answered by something before the store, which had no answer from it, is not. */
function isOver(answer: S3Response): boolean {
  discard(answer.body);
  return !mayStillApply(answer);
}

/** What the target's answer shows not to be as it was given. */
export function lostOnTheWay(
  object: SourceObject,
  { refusable }: Belongings,
  { headers }: S3Response,
): Loss[] {
  const losses: Loss[] = [];
  const { etag } = headers;
  if (etag !== undefined && etag !== object.etag) {
    const isOfParts = partCount(object) !== undefined;
    losses.push({ what: 'etag', reason: isOfParts ? IN_PARTS : 'the target made another' });
  }
  const checksum = sourceChecksum(object);
  const isGiven = checksum && refusable.some(({ what }) => what === 'checksum');
  if (isGiven && headers[CHECKSUM_HEADERS[checksum.algorithm]] !== checksum.value)
    losses.push({ what: 'checksum', reason: 'the target keeps no checksums' });
  return losses;
}

const IN_PARTS =
  'uploaded in parts, and copied by one PUT: the target ignores If-None-Match on CompleteMultipartUpload';
