import { discard } from '../../s3/body.js';
import { CHECKSUM_HEADERS } from '../../s3/checksums.js';
import type { S3Response } from '../../s3/message.js';
import { ask, mayStillApply, wasNeverSent } from '../ask.js';
import { WithheldBranch } from '../branch.js';
import type { ShadowContext } from '../context.js';
import type { Belongings } from './belongings.js';
import { CopyFailed } from './copy-outcome.js';
import { type CopySink, onlyIfAbsent, type SinkOptions } from './copy-sink.js';
import type { Loss } from './loss.js';
import { partCount } from './part-layout.js';
import { expectTaken } from './refusals.js';
import { sourceChecksum } from './source-checksum.js';
import { contentMd5, type SourceObject } from './source-object.js';

const REFUSED = 'target refused the copy';

/** A copy by one PUT: its last byte is withheld, or all of it where the whole is at hand. */
export function putSink(
  ctx: ShadowContext,
  object: SourceObject,
  { signal, belongings, whole = object.size === 0 ? Buffer.alloc(0) : undefined }: SinkOptions,
): CopySink {
  const { refusals } = ctx.learnt;
  const branch = new WithheldBranch();
  const gathered = belongings('put');
  const put = async (): Promise<S3Response> => {
    const headers = {
      ...(await gathered).headers,
      ...contentMd5(object),
      ...onlyIfAbsent(ctx.conditionalWrites.put),
      'content-length': String(object.size),
    };
    const body = whole ?? branch;
    return ctx.target(ask('PutObject', { method: 'PUT', key: object.key, headers, body, signal }));
  };
  // A body that is sent in one has no end to withhold, so its request waits for the release.
  let answer = whole ? undefined : put();
  let released = false;
  const end = (error?: Error) => branch.destroy(error);
  (answer ?? gathered).then(() => answer && end(), end);
  branch.on('error', () => undefined);

  return {
    branch,
    overwrites: !ctx.conditionalWrites.put,
    async ready() {
      const { refusable } = await gathered;
      if (!branch.destroyed || answer === undefined) return;
      const early = await answer;
      if (early.status === 412) return;
      await expectTaken(early, REFUSED, { given: refusable, refusals });
      throw new CopyFailed('target answered before it had the whole copy');
    },
    async release() {
      released = true;
      branch.release();
      answer ??= put();
      const final = await answer;
      if (final.status === 412) {
        discard(final.body);
        return { state: 'exists' };
      }
      const given = await gathered;
      await expectTaken(final, REFUSED, { given: given.refusable, refusals });
      return { state: 'done', losses: [...given.losses, ...lostOnTheWay(object, given, final)] };
    },
    async abort(reason) {
      branch.destroy(reason);
      const settled = answer?.then(isOver, wasNeverSent) ?? true;
      return (await settled) || !released;
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
