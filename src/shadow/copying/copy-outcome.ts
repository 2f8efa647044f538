import { messageOf } from '../../system/thrown.js';
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
      /** What was learnt from the failure lets another attempt succeed, under another token: nothing of this one can be committed any more. */
      readonly again?: boolean;
    };

export const failedCopy = (error: unknown): CopyOutcome => ({
  state: 'failed',
  reason: messageOf(error),
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
