import { atBucket } from '../filters/at-bucket.js';
import { discard } from '../s3/body.js';
import { ask } from '../shadow/ask.js';
import type { Place } from '../state/place.js';
import { withScratchObject } from './scratch-object.js';
import type { Stores } from './stores.js';

/** Whether what is put at the one place shows at the other, whatever both are called: they are one bucket then. @throws TargetRefused */
export async function isShownIn(one: Place, other: Place, stores: Stores): Promise<boolean> {
  const [shown, put] = [stores.open(one), stores.open(other)];
  try {
    const target = { service: put.service, bucket: other.bucket };
    return await withScratchObject(target, async ({ key }) => {
      const { signal } = new AbortController();
      const answer = await atBucket(one.bucket)(shown.service)(
        ask('HeadObject', { method: 'HEAD', key, signal }),
      );
      discard(answer.body);
      return answer.status === 200;
    });
  } finally {
    await Promise.all([shown.close(), put.close()]);
  }
}
