import { S3Error } from '../../s3/errors.js';
import type { BucketRecord, BucketStore } from '../../state/buckets.js';
import type { Switching } from './switching.js';

/** Takes all steps at once, which is right for a single gateway without requests under way. */
export const switchAtOnce = (buckets: BucketStore): Switching => ({
  state: async () => ({ state: 'settled' }),
  async settled(name) {
    const record = await buckets.update(name, arrived);
    if (record) return record;
    throw new S3Error('NoSuchBucket', undefined, { fields: { BucketName: name } });
  },
});

function arrived(record: BucketRecord): BucketRecord {
  const { shadow } = record;
  if (shadow === null || shadow.aim === 'none') return { ...record, shadow: null };
  return { ...record, shadow: { ...shadow, rung: shadow.aim } };
}
