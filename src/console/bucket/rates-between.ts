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

export interface Look {
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

/** Of a sweep that has begun anew since the first look all that it copied counts. */
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
