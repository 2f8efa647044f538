import type { S3Service } from '../s3/message.js';
import type { BucketRecord } from '../state/buckets.js';
import type { Ledger } from '../state/ledger.js';
import type { PageTokens } from '../state/page-tokens.js';
import type { Rung } from '../state/rung.js';
import type { UploadIds } from '../state/upload-ids.js';
import type { Clock } from '../system/clock.js';
import type { Logger } from '../system/logger.js';
import type { BackgroundWork } from './background.js';
import type { AroundCopy, CopyListener, CopyLog } from './copying/copy-log.js';
import type { Flights } from './copying/flights.js';
import type { Learnt } from './copying/learnt.js';
import type { LossLog } from './copying/loss.js';
import type { Copier } from './copying/provenance.js';
import type { PageShares } from './listing/page-shares.js';
import type { BucketPresence } from './miss.js';

/** The settings of a shadow that decide how requests are served. */
export type ShadowSettings = Pick<
  NonNullable<BucketRecord['shadow']>,
  'delete' | 'acl' | 'provenance' | 'place' | 'prefix' | 'targetPrefix'
>;

/** What every rule of the protocol works on: T, S, the per-key state, and time. */
export interface ShadowContext {
  readonly bucket: string;
  /** What T's backend calls the bucket. */
  readonly targetBucket: string;
  /** T: where the bucket's objects are to live. */
  readonly target: S3Service;
  /** T's backend, whatever bucket a request names: what copies are made from. */
  readonly copySources: S3Service;
  /** S: where they are moving from, its keys named as in the target. */
  readonly shadow: S3Service;
  /** Whether the gateway encrypts what is in a store, which therefore tells no hashes, takes even parts only, and copies nothing by itself. */
  readonly encrypted: { readonly target: boolean; readonly shadow: boolean };
  /** What T copies a key of S from by itself (`x-amz-copy-source`), where both are of one store. */
  readonly sourceInTarget: ((key: string) => string) | undefined;
  readonly settings: ShadowSettings;
  /** Which objects the bucket's copies are made of (`copying/provenance.ts`). */
  readonly sourceId: string;
  readonly rung: Rung;
  /** How often T and S have changed places. */
  readonly swaps: number;
  /** Whether all gateways are known to have left the rungs before. */
  readonly isConfirmed: boolean;
  /** Asks all gateways to be on a rung where every write takes an intent. */
  readonly demandIntents: () => Promise<void>;
  /** Which conditions T was seen to honour. */
  readonly conditionalWrites: BucketRecord['conditionalWrites'];
  readonly ledger: Ledger;
  /** The same, for a sweep's copies. */
  readonly patientLedger: Ledger;
  readonly uploadIds: UploadIds;
  readonly pageTokens: PageTokens;
  readonly clock: Clock;
  readonly log: Logger;
  /** Copies and after-answer deletes: they outlive the request that began them, and a drain waits for them. */
  readonly background: BackgroundWork;
  readonly flights: Flights;
  readonly pageShares: PageShares;
  /** What copies have found out of both stores. */
  readonly learnt: Learnt;
  readonly losses: LossLog;
  readonly copiedByReads: CopyLog;
  readonly onCopy: CopyListener | undefined;
  readonly aroundCopy: AroundCopy;
  /** As what copies are made, and by which gateway. */
  readonly copier: Copier;
  readonly presence: { readonly target: BucketPresence; readonly shadow: BucketPresence };
}
