import type { Logger } from '../../system/logger.js';

/** What a copy may have to leave out of what its source has. */
export const LOSSES = [
  'metadata',
  'tags',
  'redirect',
  'storage-class',
  'object-lock',
  'acl',
  'checksum',
  'etag',
  'provenance',
] as const;

/** Something of the source that its copy does not have, and why. Reasons are few: they are counted. */
export interface Loss {
  readonly what: (typeof LOSSES)[number];
  readonly reason: string;
}

/** Where losses are kept for the operator. */
export interface LossLog {
  /** Notes what the copy of a key lost; it is stored soon. Never throws. */
  note(key: string, losses: readonly Loss[]): void;
  /** Resolves when what was noted is stored, or could not be. */
  drain(): Promise<void>;
}

/** Notes what a copy that was made has lost, and says so in the log. */
export function noteLosses(
  { bucket, losses: kept, log }: LossContext,
  key: string,
  losses: readonly Loss[],
): void {
  if (losses.length === 0) return;
  kept.note(key, losses);
  for (const { what, reason } of losses)
    log.warn({ bucket, key, what, reason }, 'a copy does not keep all that its source has');
}

interface LossContext {
  readonly bucket: string;
  readonly losses: LossLog;
  readonly log: Pick<Logger, 'warn'>;
}
