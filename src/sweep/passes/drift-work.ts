import type { S3Service } from '../../s3/message.js';
import type { ReplaceOutcome } from '../../shadow/copying/replace.js';
import type { PassSettings } from '../../state/passes/pass-record.js';
import type { Clock } from '../../system/clock.js';
import { bringOver } from '../compare/bring-over.js';
import { type Drift, judgeDrift } from '../compare/drift.js';
import type { Row } from '../row.js';
import type { Ended } from './tracker.js';

export interface DriftWorkOptions {
  readonly target: S3Service;
  /** Whether the bucket's copies carry their provenance. */
  readonly provenance: boolean;
  /** The `sourceId` of the shadow. */
  readonly from: string;
  readonly onDrift: PassSettings['onDrift'];
  readonly replace: (key: string, etag: string, signal: AbortSignal) => Promise<ReplaceOutcome>;
  readonly paced: <T>(work: () => Promise<T>, signal: AbortSignal) => Promise<T>;
  readonly clock: Clock;
}

/** What a sweep does about a key that both stores have. No request where both list the same. */
export function driftWork(
  options: DriftWorkOptions,
): (row: Row, signal: AbortSignal) => Promise<Ended> | Ended {
  return (row, signal) => {
    const { key, source, target } = row;
    const bytes = source?.size ?? 0;
    if (source?.etag === target?.etag && source?.size === target?.size)
      return { key, outcome: 'present', bytes };
    return options.paced(() => settle(row, options, signal), signal).then((end) => ({ key, bytes, ...end }));
  };
}

async function settle(
  row: Row,
  options: DriftWorkOptions,
  signal: AbortSignal,
): Promise<Omit<Ended, 'key' | 'bytes'>> {
  const { target, provenance, from } = options;
  const drift = await judgeDrift(row, { target, provenance, from, signal });
  if (drift.verdict === 'rewritten') return { outcome: 'rewritten' };
  if (drift.verdict !== 'drifted') return { outcome: 'present' };
  return decide(row.key, drift, options, signal);
}

async function decide(
  key: string,
  drift: Drift,
  { onDrift, replace, clock }: DriftWorkOptions,
  signal: AbortSignal,
): Promise<Omit<Ended, 'key' | 'bytes'>> {
  const { reason } = drift;
  if (onDrift === 'target-wins')
    return { outcome: 'rewritten', reason: 'the shadow has a later object, and the target wins' };
  if (onDrift === 'report') return { outcome: 'drifted', reason };
  const again = { replace: (name: string, etag: string) => replace(name, etag, signal), clock, signal };
  const outcome = await bringOver(key, drift, again);
  switch (outcome.state) {
    case 'replaced':
      return { outcome: 'renewed' };
    case 'kept':
      return { outcome: 'rewritten' };
    default:
      return { outcome: 'drifted', reason: `${reason}; it could not be copied again: ${outcome.reason}` };
  }
}
