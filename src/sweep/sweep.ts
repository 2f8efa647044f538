import pLimit from 'p-limit';
import type { ListedObject } from '../s3/xml/listing.js';
import { type CopyOutcome, failedCopy } from '../shadow/copying/copy-outcome.js';
import type { MigrateOptions } from '../shadow/copying/migrate.js';
import type { Clock } from '../system/clock.js';
import type { Logger } from '../system/logger.js';
import { type MovingBucket, walk } from './walk.js';

export interface SweptBucket extends MovingBucket {
  readonly name: string;
  /** The copy that reads make too, so that the protocol holds. */
  migrate(key: string, options?: MigrateOptions): Promise<CopyOutcome>;
}

export interface SweepProgress {
  /** `interrupted`: the gateway that it ran on has ended. */
  readonly state: 'idle' | 'running' | 'done' | 'failed' | 'interrupted';
  readonly objectsCopied: number;
  readonly bytesCopied: number;
  /** Objects that could not be copied; they stay readable through the gateway. */
  readonly failed: number;
  /** Unix milliseconds. */
  readonly startedAt?: number | undefined;
  readonly finishedAt?: number | undefined;
  readonly lastError?: string | undefined;
}

export const NOT_SWEPT: SweepProgress = { state: 'idle', objectsCopied: 0, bytesCopied: 0, failed: 0 };

const CONCURRENCY = 16;

/** One pass over a bucket that copies what only the shadow has. An object that fails does not stop the rest. */
export class Sweep {
  #progress: SweepProgress;
  readonly #stop = new AbortController();
  readonly #over = new AbortController();
  readonly #ended: Promise<void>;

  constructor(
    private readonly bucket: SweptBucket,
    private readonly clock: Clock,
    private readonly log: Logger,
  ) {
    this.#progress = { ...NOT_SWEPT, state: 'running', startedAt: clock.now() };
    this.#ended = this.#run();
  }

  get progress(): SweepProgress {
    return this.#progress;
  }

  /** Aborts when the sweep has ended, in whichever way. */
  get ended(): AbortSignal {
    return this.#over.signal;
  }

  /** Resolves when the copies under way have ended. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#ended;
  }

  async #run(): Promise<void> {
    try {
      await this.#copyAll();
      const { objectsCopied, bytesCopied, failed } = this.#progress;
      this.log.info({ bucket: this.bucket.name, objectsCopied, bytesCopied, failed }, 'the sweep ended');
      this.#end({ state: this.#stop.signal.aborted ? 'interrupted' : 'done' });
    } catch (error) {
      this.log.error({ err: error, bucket: this.bucket.name }, 'the sweep broke off');
      this.#end({ state: 'failed', lastError: error instanceof Error ? error.message : String(error) });
    }
  }

  async #copyAll(): Promise<void> {
    const limit = pLimit(CONCURRENCY);
    const underWay = new Set<Promise<void>>();
    try {
      for await (const { object, state } of walk(this.bucket, this.#stop.signal)) {
        if (this.#stop.signal.aborted) break;
        if (state !== 'remaining') continue;
        const copied = limit(() => this.#copy(object)).finally(() => underWay.delete(copied));
        underWay.add(copied);
        if (underWay.size >= 2 * CONCURRENCY) await Promise.race(underWay);
      }
    } finally {
      await Promise.all(underWay);
    }
  }

  async #copy(object: ListedObject): Promise<void> {
    if (this.#stop.signal.aborted) return;
    const { key } = object;
    const outcome = await this.bucket.migrate(key, { listed: object }).catch(failedCopy);
    const { objectsCopied, bytesCopied, failed } = this.#progress;
    if (outcome.state === 'copied') {
      this.#progress = {
        ...this.#progress,
        objectsCopied: objectsCopied + 1,
        bytesCopied: bytesCopied + outcome.bytes,
      };
    } else if (outcome.state === 'failed') {
      this.#progress = { ...this.#progress, failed: failed + 1, lastError: outcome.reason };
      this.log.warn({ bucket: this.bucket.name, key, reason: outcome.reason }, 'an object was not copied');
    }
  }

  #end(last: Pick<SweepProgress, 'state' | 'lastError'>): void {
    this.#progress = { ...this.#progress, ...last, finishedAt: this.clock.now() };
    this.#over.abort();
  }
}
