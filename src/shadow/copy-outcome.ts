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
  | { readonly state: 'failed'; readonly reason: string };

export const failedCopy = (error: unknown): CopyOutcome => ({
  state: 'failed',
  reason: error instanceof Error ? error.message : String(error),
});

/** A copy could not be made; nothing of it was committed. */
export class CopyFailed extends Error {
  override readonly name = 'CopyFailed';
}
