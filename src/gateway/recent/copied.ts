import type { BucketRecord } from '../../state/buckets.js';
import type { CopyCounts } from '../../state/copy-counts.js';
import { countOf, EMPTY_TALLY } from '../../state/passes/tally.js';
import type { Migrations } from '../admin/dependencies.js';
import type { Copied } from './bucket-history.js';

interface CopiedSources {
  readonly migrations: Pick<Migrations, 'progress'>;
  readonly copiedByReads: Pick<CopyCounts, 'read'>;
}

/** What was brought over of a bucket until now, as the state tells it. @throws KvUnavailable */
export async function copiedOf(
  record: BucketRecord,
  { migrations, copiedByReads }: CopiedSources,
): Promise<Copied> {
  const sweep = await migrations.progress(record, 'sweep');
  return {
    run: sweep?.pass.run ?? null,
    sweep: countOf(sweep?.tally ?? EMPTY_TALLY, 'copied'),
    reads: await copiedByReads.read(record.id, record.shadow?.since ?? ''),
  };
}
