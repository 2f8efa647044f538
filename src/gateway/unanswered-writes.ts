import type { S3Response, S3Service } from '../s3/message.js';
import type { OperationName } from '../s3/operations.js';
import { mayStillApply, wasLeftUnanswered } from '../shadow/ask.js';
import type { Clock } from '../system/clock.js';
import { Count } from '../system/count.js';
import { longestRequestMs, type Times } from '../system/times.js';

const DELETES: ReadonlySet<OperationName> = new Set<OperationName>(['DeleteObject', 'DeleteObjects']);

/** The writes that got no answer from their store: it may apply each of them for as long as a request can last. */
export class UnansweredWrites {
  readonly #count = new Count();

  constructor(
    private readonly clock: Clock,
    private readonly times: Times,
  ) {}

  get mayApply(): boolean {
    return this.#count.isAbove0;
  }

  /** Resolves when none may apply any more. */
  async settled(): Promise<void> {
    await this.#count.zero();
  }

  /** The answer to a write, which counts if there is none. @param signal the request's: who aborts it gets none */
  async noting(write: () => Promise<S3Response>, signal: AbortSignal): Promise<S3Response> {
    try {
      const answer = await write();
      if (mayStillApply(answer)) this.#note();
      return answer;
    } catch (error) {
      if (signal.aborted || wasLeftUnanswered(error)) this.#note();
      throw error;
    }
  }

  /** A store of which no client hears that a delete got no answer: it was sent after the client had its own. */
  notingDeletes(store: S3Service): S3Service {
    return (request) =>
      DELETES.has(request.operation) ? this.noting(() => store(request), request.signal) : store(request);
  }

  #note(): void {
    this.#count.enter();
    this.clock.after(longestRequestMs(this.times), () => this.#count.leave());
  }
}
