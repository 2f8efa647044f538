import type { S3Service } from '../../s3/message.js';
import { isScratchKey } from '../../s3/scratch-key.js';
import type { ListedObject } from '../../s3/xml/listing.js';
import { listStore } from '../../shadow/listing/store-page.js';
import { sideBySide } from '../../shadow/side-by-side.js';
import { EMPTY_RECORD } from '../../state/key-record.js';
import { placeWords } from '../../state/place.js';
import { createVerifier } from '../../sweep/compare/verify.js';
import type { Row } from '../../sweep/row.js';
import { rowsOf } from '../../sweep/rows.js';
import { inBatches } from '../../system/in-batches.js';
import { StepFailed } from '../bucket-moves.js';
import type { Step } from '../step.js';
import { deleteAt, each, whyLeft } from './removal.js';

/** Objects that are compared at once. */
const AT_ONCE = 16;

/**
 * Has nothing at the new place that is not the same at the old one.
 *
 * @throws StepFailed where something is there and the job was not told to replace it, or it cannot be removed
 */
export async function clearExisting(step: Step): Promise<void> {
  const { job, moves, signal } = step;
  const place = moves.open(job.to);
  try {
    if (job.settings.onExisting === 'fail') return await assertEmpty(step, place.service);
    const doomed =
      job.settings.writes === 'live' ? allOf(place.service, signal) : differing(step, place.service);
    await removeAll(step, place.service, doomed);
  } finally {
    await place.close();
  }
}

/** What a gateway left that was killed while it tried what the place can do is nobody's, and goes. */
async function assertEmpty(step: Step, store: S3Service): Promise<void> {
  const { job, signal } = step;
  const scratch: string[] = [];
  for await (const { key } of listStore(store, signal)) {
    if (!isScratchKey(key))
      throw new StepFailed(
        `${placeWords(job.to)} has objects already, the first is ${JSON.stringify(key)}: empty it, or have them replaced`,
      );
    scratch.push(key);
  }
  await deleteAt(step, store, scratch);
}

interface Doomed {
  readonly keys: AsyncGenerator<string>;
  /** Those that stay, once all were looked at. */
  kept(): number;
}

function allOf(store: S3Service, signal: AbortSignal): Doomed {
  async function* keys() {
    for await (const { key } of listStore(store, signal)) yield key;
  }
  return { keys: keys(), kept: () => 0 };
}

/** What the old place has not, or another object of, by all that a verification goes by. Nobody writes there: the gate is closed. */
function differing({ bucket, moves, signal }: Step, store: S3Service): Doomed {
  let kept = 0;
  async function* keys(): AsyncGenerator<string> {
    const old = moves.open(bucket.target);
    const ledger = { deletedAmong: async () => new Set<string>(), record: async () => EMPTY_RECORD };
    const both = { target: old.service, shadow: store, ledger, prefix: '' };
    const settings = { provenance: false, from: '', writeThrough: false, level: 'checksum' as const };
    const verify = createVerifier({ ...both, ...settings, signal });
    try {
      for await (const rows of inBatches(there(rowsOf(both, {}, signal)))) {
        const others: string[] = [];
        await sideBySide(each(rows), { limit: AT_ONCE, signal }, async (row) => {
          const isSame = row.target !== undefined && (await verify(row)).result === 'same';
          if (!isSame) others.push(row.key);
        });
        kept += rows.length - others.length;
        yield* others;
      }
    } finally {
      await old.close();
    }
  }
  return { keys: keys(), kept: () => kept };
}

async function* there(rows: AsyncGenerator<Row>): AsyncGenerator<Row & { readonly source: ListedObject }> {
  for await (const { source, ...row } of rows) if (source) yield { ...row, source };
}

async function removeAll(step: Step, store: S3Service, { keys, kept }: Doomed): Promise<void> {
  const { signal } = step;
  let removed = 0;
  for await (const batch of inBatches(keys)) {
    for (const [key, outcome] of await deleteAt(step, store, batch))
      if (outcome.state !== 'gone')
        throw new StepFailed(
          `${JSON.stringify(key)}, which was at the new place before, stays: ${whyLeft(outcome)}`,
        );
    removed += batch.length;
  }
  signal.throwIfAborted();
  const before = step.job.existing?.removed ?? 0;
  await step.commit((job, bucket) => ({
    job: { ...job, existing: { removed: before + removed, kept: kept() } },
    bucket,
  }));
}
