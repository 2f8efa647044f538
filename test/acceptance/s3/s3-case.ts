import type { TestBucket } from './test-bucket.js';

/**
 * What a case is of: the first things that anything has to do, what clients rest on, what is on the wire below what clients
 * let one say, and the rest.
 */
export const PROFILES = ['smoke', 'core', 'wire', 'full'] as const;

export type Profile = (typeof PROFILES)[number];

/** Something that S3 does, by the documents of AWS. */
export interface S3Case {
  /** `<Operation>_<condition>`. */
  readonly name: string;
  readonly profile: Profile;
  /** It needs a bucket of its own: it changes the bucket's settings, or lists all of it. */
  readonly ownBucket?: boolean;
  /** Rejects when the store does otherwise. */
  readonly run: (bucket: TestBucket) => Promise<void>;
}

type Run = S3Case['run'];

/** A list of cases, in the short form in which they are written: `core('PutObject_success', async (bucket) => ...)`. */
export const caseOf =
  (profile: Profile) =>
  (name: string, run: Run): S3Case => ({ name, profile, run });

export const smoke = caseOf('smoke');
export const core = caseOf('core');
export const wire = caseOf('wire');
export const full = caseOf('full');

/** The case in a bucket of its own. */
export const alone = (one: S3Case): S3Case => ({ ...one, ownBucket: true });

/** Whether a run of one profile has cases of another: `smoke` is in `core`, and all are in `full`. */
export function includes(run: Profile, profile: Profile): boolean {
  return run === 'full' || run === profile || (run === 'core' && profile === 'smoke');
}
