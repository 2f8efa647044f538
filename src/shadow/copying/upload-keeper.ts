import type { Resumable } from '../../state/key-record.js';
import type { CopyToken, Ledger, LeftUpload } from '../../state/ledger.js';
import { CopyFailed, TargetRefused } from './copy-outcome.js';

/** A writer or a delete came in between. */
export class Superseded extends CopyFailed {
  constructor() {
    super('a client wrote or deleted the key');
  }
}

/** Keeps the upload of a copy in parts under the copy's token, so that it ends whoever dies, or is gone on with. */
export class UploadKeeper {
  #isNoted: boolean;

  constructor(
    private readonly ledger: Ledger,
    private readonly token: CopyToken,
  ) {
    this.#isNoted = token.left !== undefined;
  }

  /** What an earlier attempt has left: to be gone on with, or aborted, before another is noted. */
  get left(): LeftUpload | undefined {
    return this.token.left;
  }

  /** @throws Superseded when the token is void, before anything is sent to the upload */
  async note(uploadId: string, resumable: Resumable | undefined): Promise<void> {
    if (!(await this.ledger.noteUpload(this.token, uploadId, resumable))) throw new Superseded();
    this.#isNoted = true;
  }

  /** Leaves the upload to the next attempt, unless what ended this one would end the next as well. False: it is to be aborted. */
  async leave(reason: Error): Promise<boolean> {
    return this.#isNoted && isPassing(reason) && this.ledger.leaveUpload(this.token);
  }

  /** Whether it is for this attempt to abort it: it may be another's since the lease ran out. */
  async isOurs(): Promise<boolean> {
    return !this.#isNoted || this.ledger.holds(this.token);
  }
}

const TOO_MANY_REQUESTS = 429;

/** Whether a failure says nothing against the parts that were sent: no answer, or a store that cannot serve now. */
const isPassing = (reason: Error): boolean =>
  reason instanceof TargetRefused
    ? reason.status >= 500 || reason.status === TOO_MANY_REQUESTS
    : !(reason instanceof CopyFailed);
