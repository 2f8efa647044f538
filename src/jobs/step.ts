import type { BucketRecord } from '../state/buckets.js';
import type { JobRecord } from '../state/jobs/job-record.js';
import type { JobStore } from '../state/jobs/job-store.js';
import type { Passes } from '../state/passes/passes.js';
import type { PassControl } from '../sweep/passes/control.js';
import type { Clock } from '../system/clock.js';
import type { Logger } from '../system/logger.js';
import type { Times } from '../system/times.js';
import type { BucketMoves } from './bucket-moves.js';
import type { Transition } from './transitions.js';

/** What a step came to: something was done, so that the next may follow at once; or somebody else has to do something first. */
export type StepEnd = 'done' | 'waits';

/** What a step has to work with. A step looks at what stands in the state and does what is missing: it may be begun anew at any point. */
export interface Step {
  /** As both stood when the step began. */
  readonly job: JobRecord;
  readonly bucket: BucketRecord;
  /** Aborts when the job is turned elsewhere, or is another's to work on. */
  readonly signal: AbortSignal;
  readonly moves: BucketMoves;
  readonly passes: Passes;
  readonly control: PassControl;
  readonly jobs: JobStore;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'info' | 'warn'>;
  /** How long writes that were under way may take to end once the gate is closed, ms. */
  readonly drainMs: number;
  readonly times: Times;
  /** Whether what is sent to a store now can no longer apply once another has the job. */
  isInTime(): boolean;
  /** The bucket as it stands now. */
  fresh(): Promise<BucketRecord>;
  /** One commit of both, unless the job was turned elsewhere or is another's: then what the signal aborts with is thrown. */
  commit(decide: (job: JobRecord, bucket: BucketRecord) => Transition): Promise<void>;
}
