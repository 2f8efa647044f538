import { BackendUnavailable } from '../../backends/backend.js';
import { S3Error } from '../../s3/errors.js';
import { KvUnavailable } from '../../state/kv.js';
import { messageOf } from '../../system/thrown.js';
import { WrongLength } from '../branch.js';

/**
 * Why a copy was not made, in few words, to be counted by: the shadow failed or gave no answer; its object is archived; a store broke off or gave none; the
 * target refused; the state was out of reach; the bytes were not those that were announced.
 */
export const COPY_FAILURES = [
  'shadow',
  'archived',
  'unanswered',
  'target-refused',
  'state',
  'length',
  'other',
] as const;
export type CopyFailure = (typeof COPY_FAILURES)[number];

/** How an attempt to bring one key over ended. */
export type CopyOutcome =
  /** The target holds the source's object now. */
  | { readonly state: 'copied'; readonly bytes: number }
  /** The target had an object of that name already. */
  | { readonly state: 'present' }
  /** The source has no such object. */
  | { readonly state: 'absent' }
  /** A client deleted the key. */
  | { readonly state: 'deleted' }
  /** A writer or a delete came in between: what clients wrote counts. */
  | { readonly state: 'superseded' }
  | {
      readonly state: 'failed';
      readonly reason: string;
      /** `other` unless given. */
      readonly failure?: CopyFailure;
      /** What was learnt from the failure lets another attempt succeed, under another token: nothing of this one can be committed any more. */
      readonly again?: boolean;
    };

export const failedCopy = (error: unknown): Extract<CopyOutcome, { readonly state: 'failed' }> => ({
  state: 'failed',
  reason: messageOf(error),
  failure: failureOf(error),
});

/** A copy could not be made; nothing of it was committed. */
export class CopyFailed extends Error {
  override readonly name = 'CopyFailed';
}

/** The copy has to be made once more: what keeps it from being made in this way is known now. */
export class CopyAnew extends CopyFailed {}

/** A target's refusal, as far as it explains itself. */
export class TargetRefused extends CopyFailed {
  constructor(
    message: string,
    readonly status: number,
    readonly code: string,
    /** Its message, and the argument or header field that it names; '' when it says no more than its code. */
    readonly words: string,
  ) {
    super(message);
  }
}

function failureOf(error: unknown): CopyFailure {
  if (error instanceof S3Error) return error.code === 'InvalidObjectState' ? 'archived' : 'shadow';
  if (error instanceof BackendUnavailable) return 'unanswered';
  if (error instanceof KvUnavailable) return 'state';
  if (error instanceof WrongLength) return 'length';
  return error instanceof TargetRefused ? 'target-refused' : 'other';
}
