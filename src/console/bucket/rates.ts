import { useEffect, useState } from 'react';
import { type BucketStatus, useBucketStatus } from '../api/buckets.js';

/** How fast a bucket moved between two looks at it. */
export interface Rates {
  /** As its reader writes it. */
  readonly time: string;
  /** Objects per second. */
  readonly 'Sweep objects': number;
  readonly 'Read objects': number;
  /** Megabytes per second. */
  readonly 'Sweep MB': number;
  readonly 'Read MB': number;
}

interface Look {
  readonly at: number;
  /** Of the sweep: another one begins at zero. */
  readonly run: string | undefined;
  readonly swept: Sum;
  readonly read: Sum;
}

interface Sum {
  readonly objects: number;
  readonly bytes: number;
}

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

/** Exported for tests. */
export function ratesBetween(before: Look, now: Look): Rates {
  const seconds = (now.at - before.at) / 1_000;
  const nothing = { objects: 0, bytes: 0 };
  const swept = perSecond(before.run === now.run ? before.swept : nothing, now.swept, seconds);
  const read = perSecond(before.read, now.read, seconds);
  return {
    time: new Date(now.at).toLocaleTimeString(),
    'Sweep objects': swept.objects,
    'Read objects': read.objects,
    'Sweep MB': swept.megabytes,
    'Read MB': read.megabytes,
  };
}

const perSecond = (before: Sum, now: Sum, seconds: number) => ({
  objects: rounded(Math.max(0, now.objects - before.objects) / seconds),
  megabytes: rounded(Math.max(0, now.bytes - before.bytes) / seconds / 1e6),
});

const rounded = (value: number): number => Math.round(value * 100) / 100;

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
