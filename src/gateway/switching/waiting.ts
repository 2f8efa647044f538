import type { BucketRecord } from '../../state/buckets.js';
import type { GatewayLeases, LiveGateway } from '../../state/gateway-leases.js';
import type { Ledger } from '../../state/ledger.js';
import { hasEnded } from '../../system/own-process.js';
import { nextStep, type Step } from './steps.js';

export interface WaitingOptions {
  readonly leases: Pick<GatewayLeases, 'live' | 'readers'>;
  readonly ledgerOf: (record: BucketRecord) => Pick<Ledger, 'hasOpenBefore' | 'owesBefore'>;
}

/** What a bucket's switch waits for, in words; empty: nothing. */
export type WaitingFor = (record: BucketRecord) => Promise<readonly string[]>;

/** Gateways that have not acknowledged the bucket's epoch. Whoever is not among the live ones by now has yet to read the record. */
export const behind = (record: BucketRecord, live: readonly LiveGateway[]): string[] =>
  live
    .filter(({ acknowledged }) => (acknowledged[record.id] ?? Number.NEGATIVE_INFINITY) < record.epoch)
    .map(({ id }) => `gateway ${id}`);

/** Gateways that have not even heard of the bucket's epoch: they serve new requests by an older one. */
export const deafTo = (record: BucketRecord, live: readonly LiveGateway[]): string[] =>
  live
    .filter(({ heard }) => (heard?.[record.id] ?? Number.NEGATIVE_INFINITY) < record.epoch)
    .map(({ id }) => `gateway ${id}`);

/** Where a rung follows, its rules must not meet what was begun by those before it. */
const endsWrites = (step: Step | undefined): boolean => step !== undefined && step !== 'forget';

/**
 * Judges whether all has ended that was begun in older epochs of a bucket: what live gateways had under way, and what those have left open that
 * are gone. The ledger is asked last, for who has acknowledged opens nothing old any more.
 */
export const createWaiting =
  ({ leases, ledgerOf }: WaitingOptions): WaitingFor =>
  async (record) => {
    const gateways = behind(record, await leases.live());
    const step = nextStep(record);
    if (gateways.length > 0 || !endsWrites(step)) return gateways;
    const ledger = ledgerOf(record);
    if (await ledger.hasOpenBefore(record.epoch)) return ['writes that are not settled yet'];
    if (step !== 'swap') return [];
    if (await ledger.owesBefore(record.epoch)) return ['deletes that the shadow is owed'];
    return record.shadow?.swap?.force ? [] : lateReaders(record, await leases.readers());
  };

/**
 * Gateways that were out of touch before they heard of the swap may still answer what the target has, and would show what is written there
 * first. Those that have heard of it do not.
 */
const lateReaders = (record: BucketRecord, readers: readonly LiveGateway[]): string[] =>
  readersBehind({ ...record, epoch: record.epoch - 1 }, readers).map(
    (gateway) => `${gateway}, which is out of touch and may still be reading (force, if it is gone for good)`,
  );

/** A process that was killed on this machine reads no more. Its other lease is waited for all the same: what it wrote last may still apply. */
const mayRead = ({ process }: LiveGateway): boolean => process === undefined || !hasEnded(process);

/** Gateways that may still answer reads by an older epoch of the bucket. */
export const readersBehind = (record: BucketRecord, readers: readonly LiveGateway[]): string[] =>
  behind(record, readers.filter(mayRead));
