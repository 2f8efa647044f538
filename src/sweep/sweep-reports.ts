import { z } from 'zod';
import { type Kv, KvUnavailable } from '../state/kv.js';
import type { Clock } from '../system/clock.js';
import { NOT_SWEPT, type Sweep, type SweepProgress } from './sweep.js';

/** How often a sweep that runs tells how far it is, ms, and how long it may be silent before it counts as broken off. */
const REPORT_MS = 1_000;
const SILENT_MS = 30_000;

const reportSchema = z.object({
  /** The run that reports; another one begins with a new one. */
  run: z.string(),
  /** Unix milliseconds. */
  at: z.number(),
  progress: z.object({
    state: z.enum(['idle', 'running', 'done', 'failed', 'interrupted']),
    objectsCopied: z.number(),
    bytesCopied: z.number(),
    failed: z.number(),
    startedAt: z.number().optional(),
    finishedAt: z.number().optional(),
    lastError: z.string().optional(),
  }),
});

type Report = z.infer<typeof reportSchema>;

/**
 * What each bucket's newest sweep has come to, so that every gateway can tell, whichever it runs on.
 *
 * @throws KvUnavailable from every method
 */
export class SweepReports {
  constructor(
    private readonly kv: Kv,
    private readonly clock: Clock,
  ) {}

  async read(bucketId: string): Promise<SweepProgress> {
    const entry = await this.kv.get(keyOf(bucketId));
    return entry ? this.#asSeenNow(parse(entry.value)) : NOT_SWEPT;
  }

  /** False when a sweep of the bucket runs, here or elsewhere: there is to be one at a time. */
  async claim(bucketId: string, run: string): Promise<boolean> {
    const key = keyOf(bucketId);
    const entry = await this.kv.get(key);
    if (entry && this.#asSeenNow(parse(entry.value)).state === 'running') return false;
    const progress = { ...NOT_SWEPT, state: 'running', startedAt: this.clock.now() } as const;
    const checks = [{ key, version: entry?.version ?? null }];
    return (await this.kv.commit({ checks, sets: [this.#pair(bucketId, { run, progress })] })) !== null;
  }

  /** Reports until the end of the sweep is reported, or could not be once `signal` has aborted. Never rejects. */
  async follow(
    bucketId: string,
    run: string,
    sweep: Pick<Sweep, 'progress' | 'ended'>,
    signal: AbortSignal,
  ): Promise<void> {
    for (;;) {
      const { progress } = sweep;
      const isReported = await this.#report(bucketId, { run, progress });
      const isOver = progress.state !== 'running';
      if (isOver && (isReported || signal.aborted)) return;
      await this.#pause(isOver ? signal : sweep.ended);
    }
  }

  async forget(bucketId: string): Promise<void> {
    await this.kv.commit({ deletes: [keyOf(bucketId)] });
  }

  /** Until the next report is due, or `end` comes. */
  async #pause(end: AbortSignal): Promise<void> {
    await this.clock.sleep(REPORT_MS, end).catch((error: unknown) => {
      if (!end.aborted) throw error;
    });
  }

  /** False when the state cannot be reached: the next report makes up for this one. */
  async #report(bucketId: string, report: Pick<Report, 'run' | 'progress'>): Promise<boolean> {
    try {
      return await this.#write(bucketId, report);
    } catch (error) {
      if (error instanceof KvUnavailable) return false;
      throw error;
    }
  }

  /** True when there is nothing left to report: it is written, or another run has taken the place. */
  async #write(bucketId: string, report: Pick<Report, 'run' | 'progress'>): Promise<boolean> {
    const key = keyOf(bucketId);
    const entry = await this.kv.get(key);
    if (!entry || parse(entry.value).run !== report.run) return true;
    const checks = [{ key, version: entry.version }];
    return (await this.kv.commit({ checks, sets: [this.#pair(bucketId, report)] })) !== null;
  }

  #pair(bucketId: string, report: Pick<Report, 'run' | 'progress'>): { key: string; value: string } {
    return { key: keyOf(bucketId), value: JSON.stringify({ ...report, at: this.clock.now() }) };
  }

  #asSeenNow({ at, progress }: Report): SweepProgress {
    const isSilent = progress.state === 'running' && this.clock.now() - at > SILENT_MS;
    return isSilent ? { ...progress, state: 'interrupted' } : progress;
  }
}

const keyOf = (bucketId: string): string => `sweep/${bucketId}`;

const parse = (value: string): Report => reportSchema.parse(JSON.parse(value));
