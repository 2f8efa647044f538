import type { Kv } from '../../src/state/kv.js';
import { type CopyToken, Ledger } from '../../src/state/ledger.js';
import { type Clock, systemClock } from '../../src/system/clock.js';
import { TIMES } from '../../src/system/times.js';
import { temporaryKv } from './temporary-kv.js';

/** From when a shadow was emptied to when its tombstone can go, ms. */
export const GRACE_MS = TIMES.leaseMs + TIMES.marginMs;

const WAIT_MS = 50;

/** A ledger on an embedded store for one test, in a time that passes by sleeping and on demand. */
export interface TemporaryLedger {
  readonly kv: Kv;
  readonly ledger: Ledger;
  pass(ms: number): void;
  now(): number;
  /** The same keys, as another rung or another bucket's ledger sees them. */
  another(options: { readonly epoch?: number; readonly bucketId?: string }): Ledger;
  tokenOf(key: string): Promise<CopyToken>;
  generationOf(key: string): Promise<string>;
  openKeys(): Promise<string[]>;
  dueKeys(): Promise<string[]>;
  collectableKeys(): Promise<string[]>;
  /** All pairs of the state. */
  stored(): Promise<unknown[]>;
}

export async function temporaryLedger(): Promise<TemporaryLedger> {
  const kv = await temporaryKv();
  let now = Date.UTC(2026, 0, 1);
  const pass = (ms: number) => {
    now += ms;
  };
  const clock: Clock = { ...systemClock, now: () => now, sleep: async (ms) => pass(ms) };
  const another: TemporaryLedger['another'] = ({ epoch = 0, bucketId = 'bucket-1' }) =>
    new Ledger(kv, bucketId, clock, { times: TIMES, waitMs: WAIT_MS, epoch });
  const ledger = another({});
  return {
    kv,
    ledger,
    pass,
    now: () => now,
    another,
    async tokenOf(key) {
      const { token } = await ledger.openCopy(key);
      if (!token) throw new Error('no token was given');
      return token;
    },
    generationOf: async (key) => (await ledger.record(key)).tombstone?.generation ?? '',
    openKeys: () => all(ledger.openKeys()),
    dueKeys: async () => (await all(ledger.dueRecords())).map(([key]) => key),
    collectableKeys: () => all(ledger.collectableKeys()),
    stored: () => kv.list({ prefix: '', limit: 100 }),
  };
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}
