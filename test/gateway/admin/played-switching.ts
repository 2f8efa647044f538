import type { Switching } from '../../../src/gateway/switching/switching.js';
import type { BucketRecord, BucketStore } from '../../../src/state/buckets.js';

export interface PlayedSwitching extends Switching {
  /** From now on a gateway does not follow. */
  stick(): void;
}

/** All gateways follow at once, until the test says that one does not. */
export function playedSwitching(buckets: BucketStore): PlayedSwitching {
  let isStuck = false;
  return {
    stick() {
      isStuck = true;
    },
    async state(record) {
      const { shadow, epoch } = record;
      if (isReached(record)) return { state: 'settled' };
      const { rung = 'none', aim = 'none' } = shadow ?? {};
      return { state: 'switching', rung, aim, epoch, waitingFor: ['gateway b'] };
    },
    async settled(name, signal) {
      const record = await buckets.update(name, (current) => (isStuck ? current : arrived(current)));
      return record && isReached(record) ? record : untilAborted(signal);
    },
  };
}

const isReached = ({ shadow, forgetting }: BucketRecord): boolean =>
  shadow === null ? !forgetting : shadow.rung === shadow.aim;

function arrived(record: BucketRecord): BucketRecord {
  const { shadow } = record;
  if (shadow === null || shadow.aim === 'none') return { ...record, shadow: null, forgetting: false };
  if (shadow.aim === 'swap') return record;
  return { ...record, shadow: { ...shadow, rung: shadow.aim } };
}

const untilAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
    if (signal.aborted) reject(signal.reason);
  });
