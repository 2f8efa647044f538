import { useEffect, useState } from 'react';
import { type BucketStatus, useBucketStatus } from '../api/buckets.js';
import { type Look, type Rates, ratesBetween } from './rates-between.js';

/** Ten minutes of looks at a busy bucket. */
const KEPT = 300;
/** Gateways tell what reads have copied about so often: a shorter time between two looks would show it as spikes. */
const STEP_MS = 5_000;

const lookAt = ({ migration: { sweep, copied_by_reads: read } }: BucketStatus, at: number): Look => ({
  at,
  run: sweep?.run,
  swept: { objects: sweep?.objects_copied ?? 0, bytes: sweep?.bytes_copied ?? 0 },
  read,
});

/** How fast a bucket has moved since the screen was opened. */
export function useRates(bucket: string): readonly Rates[] {
  const { data, dataUpdatedAt } = useBucketStatus(bucket);
  const [{ rates }, setKept] = useState<{ last?: Look; rates: readonly Rates[] }>({ rates: [] });
  useEffect(() => {
    if (!data) return;
    const look = lookAt(data, dataUpdatedAt);
    setKept(({ last, rates }) => {
      if (!last) return { last: look, rates };
      if (look.at - last.at < STEP_MS) return { last, rates };
      return { last: look, rates: [...rates, ratesBetween(last, look)].slice(-KEPT) };
    });
  }, [data, dataUpdatedAt]);
  return rates;
}
