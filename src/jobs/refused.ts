/** Why a job cannot be begun, or cannot do what it is asked to. */
export type RefusalCode =
  | 'no_such_job'
  | 'no_such_bucket'
  /** The new place is the old one. */
  | 'same_place'
  /** The new place is part of another bucket. */
  | 'place_taken'
  /** The bucket has a shadow, or one is being cleared. */
  | 'has_shadow'
  /** Another job has the bucket. */
  | 'job_active'
  /** A place counts versions. */
  | 'versioned'
  /** A place cannot be asked, or says no. */
  | 'place_refused'
  /** The job is not where this can be done. */
  | 'wrong_status'
  /** The bucket has changed over: there is nothing to cancel, but to roll back. */
  | 'flipped'
  /** What it would go back to is gone. */
  | 'no_source';

/** The message is a sentence for who asked. */
export class JobRefused extends Error {
  override readonly name = 'JobRefused';

  constructor(
    readonly code: RefusalCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
