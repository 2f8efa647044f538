import type { ListedObject } from '../../s3/xml/listing.js';
import { readProvenance, sourceId } from '../../shadow/copying/provenance.js';
import { EMPTY_RECORD } from '../../state/key-record.js';
import { placeWords, samePlace } from '../../state/place.js';
import { claimsOf, compareClaims, compareListed } from '../../sweep/compare/claims.js';
import { asListed, isSameETag, look, type SeenObject } from '../../sweep/compare/sight.js';
import { createVerifier } from '../../sweep/compare/verify.js';
import { type MovingBucket, rowsOf } from '../../sweep/rows.js';
import { StepFailed } from '../bucket-moves.js';
import type { Step, StepEnd } from '../step.js';
import { released, withPhaseEnded } from '../transitions.js';
import { type Judged, removeAll } from './removal.js';

/**
 * Deletes at the old place what the new one has the same of, by evidence, or what clients have written something else in the place of since; then the bucket, if
 * nothing is left in it.
 */
export async function cleanup(step: Step): Promise<StepEnd> {
  const { job, moves, clock } = step;
  if (await moves.hasBucket(job.from)) await removeProven(step);
  const removedBucket = await moves.removeBucket(job.from);
  await step.commit((current, bucket) => {
    const now = clock.now();
    const left = current.removed?.left ?? 0;
    const lastError = `${left} objects were left at ${placeWords(job.from)}`;
    const ended = { ...withPhaseEnded(current, now), removedBucket, finishedAt: now };
    return {
      job: { ...ended, status: 'succeeded', ...(left > 0 && { lastError }) },
      bucket: released(bucket),
    };
  });
  return 'done';
}

/** A key that the old place still has. */
interface OldKey {
  readonly key: string;
  readonly old: ListedObject;
  readonly now: ListedObject | undefined;
}

async function removeProven(step: Step): Promise<void> {
  const { job, moves, signal } = step;
  const [old, target] = [moves.open(job.from), moves.open(job.to)];
  const ledger = { deletedAmong: async () => new Set<string>(), record: async () => EMPTY_RECORD };
  const both = { target: target.service, shadow: old.service, ledger, prefix: '' };
  const settings = { provenance: false, from: '', writeThrough: false, level: job.settings.verify };
  const verify = createVerifier({ ...both, ...settings, signal });
  try {
    await removeAll(step, {
      items: oldKeys(both, signal),
      judge: (one) => judge(step, { ...both, verify }, one),
      store: old.service,
      isFree: (bucket) => bucket.shadow === null && samePlace(bucket.target, job.to),
    });
  } finally {
    await Promise.all([old.close(), target.close()]);
  }
}

async function* oldKeys(both: MovingBucket, signal: AbortSignal): AsyncGenerator<OldKey> {
  for await (const { key, source, target } of rowsOf(both, {}, signal))
    if (source) yield { key, old: source, now: target };
}

const NOT_THERE = { left: 'the new place does not have it' };
const NEWER = { left: 'it was written at the old place after the bucket changed over' };
const NOT_PROVEN = {
  left: 'the new place has another object, and nothing shows that clients wrote it since',
};

interface Compared extends MovingBucket {
  readonly verify: ReturnType<typeof createVerifier>;
}

/** By what the listings show first: whatever else is asked costs a request for each key, and last the bytes of both. */
async function judge(step: Step, both: Compared, { key, old, now }: OldKey): Promise<Judged> {
  const { job, signal } = step;
  if (!now) return NOT_THERE;
  const [before, after] = [presentAs(old), presentAs(now)];
  if (compareListed(before, after).result === 'same') return 'goes';
  const { flippedAt } = job;
  if (flippedAt === undefined) throw new StepFailed('the bucket has not changed over');
  if (!(Date.parse(old.lastModified) <= flippedAt)) return NEWER;
  if (Date.parse(now.lastModified) >= flippedAt) return 'goes';
  const [one, other] = [await look(both.shadow, key, signal), await look(both.target, key, signal)];
  if (one.state !== 'present' || other.state !== 'present') return NOT_PROVEN;
  if (!isSameETag(one.etag, old.etag) || one.size !== other.size) return NOT_PROVEN;
  if (compareClaims(claimsOf(one), claimsOf(other))?.result === 'same') return 'goes';
  const from = sourceId({ place: job.from, prefix: '', targetPrefix: '' });
  const copied = readProvenance(key, other.headers ?? {}, from);
  if (copied && isSameETag(copied.etag, one.etag)) return 'goes';
  const { result } = await both.verify({ key, source: old, target: now, isDeleted: false }, signal);
  return result === 'same' ? 'goes' : NOT_PROVEN;
}

function presentAs(object: ListedObject): SeenObject {
  const seen = asListed(object);
  if (seen.state !== 'present') throw new RangeError('it is listed');
  return seen;
}
