import type { BucketRecord, BucketStore } from '../../state/buckets.js';
import type { GatewayLeases } from '../../state/gateway-leases.js';
import { KvUnavailable } from '../../state/kv.js';
import type { Ledger } from '../../state/ledger.js';
import type { Registry } from '../../state/registry.js';
import type { Clock } from '../../system/clock.js';
import type { Logger } from '../../system/logger.js';
import type { Audit } from '../audit.js';
import { isSameStep, nextStep, type Step, stepped } from './steps.js';
import type { WaitingFor } from './waiting.js';

export interface ConductorOptions {
  readonly registry: Pick<Registry, 'bucket' | 'buckets' | 'onChange'>;
  readonly buckets: Pick<BucketStore, 'judge' | 'update'>;
  readonly leases: Pick<GatewayLeases, 'onChange'>;
  readonly waitingFor: WaitingFor;
  readonly ledgerOf: (record: BucketRecord) => Pick<Ledger, 'clear'>;
  readonly audit?: Pick<Audit, 'noteOwn'>;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'info' | 'warn'>;
}

/** How often buckets under way are looked at when nothing is heard of them, ms. */
const INTERVAL_MS = 1_000;
/** How long a step waits for somebody before that is told, ms. */
const PATIENCE_MS = 5_000;

/** The step that a bucket waits to take. */
interface Waiting {
  readonly epoch: number;
  readonly since: number;
  readonly isTold: boolean;
}

/**
 * Takes the next step of each bucket that is under way, once all has ended that was begun before the last one. Any number of gateways do so at
 * once: a step is one check-and-set on the record, so that each is taken once.
 */
export class Conductor {
  #endings: (() => void)[] = [];
  readonly #waiting = new Map<string, Waiting>();
  #timer: { cancel(): void } | undefined;
  #conducting: Promise<void> | undefined;
  #mustRepeat = false;
  #isStopped = false;

  constructor(private readonly options: ConductorOptions) {}

  start(): void {
    const { registry, leases } = this.options;
    this.#endings = [registry.onChange(() => this.#wake()), leases.onChange(() => this.#wake())];
    this.#wake();
  }

  /** Resolves when the step under way has been taken. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#timer?.cancel();
    for (const end of this.#endings) end();
    await this.#conducting;
  }

  #wake(): void {
    if (this.#conducting) this.#mustRepeat = true;
    else if (!this.#isStopped) this.#conducting = this.#conduct();
  }

  async #conduct(): Promise<void> {
    let isUnderWay: boolean;
    do {
      this.#mustRepeat = false;
      isUnderWay = await this.#visitAll();
    } while (this.#mustRepeat && !this.#isStopped);
    this.#conducting = undefined;
    this.#timer?.cancel();
    if (isUnderWay && !this.#isStopped) {
      this.#timer = this.options.clock.after(INTERVAL_MS, () => this.#wake());
    }
  }

  /** False when no bucket was under way. */
  async #visitAll(): Promise<boolean> {
    const underWay = this.options.registry.buckets().filter((record) => nextStep(record) !== undefined);
    const names = new Set(underWay.map(({ name }) => name));
    for (const name of this.#waiting.keys()) if (!names.has(name)) this.#waiting.delete(name);
    for (const record of underWay) await this.#visit(record);
    return underWay.length > 0;
  }

  /** A bucket that fails does not keep the others waiting. */
  async #visit(record: BucketRecord): Promise<void> {
    const step = nextStep(record);
    if (step === undefined || this.#isStopped) return;
    try {
      const waitingFor = await this.options.waitingFor(record);
      this.#noteWaiting(record, waitingFor);
      if (waitingFor.length === 0) await this.#take(step, record);
    } catch (error) {
      // An outage of the state is told by who follows it.
      if (error instanceof KvUnavailable) return;
      this.options.log.warn(
        { err: error, bucket: record.name },
        'a step of a switch failed; it is tried again',
      );
    }
  }

  async #take(step: Step, judged: BucketRecord): Promise<void> {
    const { buckets, audit, log } = this.options;
    if (step === 'forget' && !(await this.#forget(judged))) return;
    let isTaken = false;
    await buckets.update(judged.name, (record) => {
      isTaken = isSameStep(record, judged);
      return isTaken ? stepped(record, step) : record;
    });
    if (!isTaken) return;
    const [bucket, change] = [judged.name, { step, epoch: judged.epoch }];
    log.info({ bucket, ...change }, 'a step of a switch was taken');
    await audit?.noteOwn({ action: 'switch.step', bucket, change });
  }

  /** False when the bucket has gone on: another shadow may have been set, whose tombstones have to stay. */
  async #forget(judged: BucketRecord): Promise<boolean> {
    const now = await this.options.buckets.judge(judged.name);
    if (now === undefined || !isSameStep(now.record, judged)) return false;
    return this.options.ledgerOf(judged).clear([now.check]);
  }

  #noteWaiting({ name, epoch }: BucketRecord, waitingFor: readonly string[]): void {
    const known = this.#waiting.get(name);
    const now = this.options.clock.now();
    const waiting = known?.epoch === epoch ? known : { epoch, since: now, isTold: false };
    const tells = !waiting.isTold && waitingFor.length > 0 && now - waiting.since >= PATIENCE_MS;
    if (tells) this.options.log.warn({ bucket: name, waitingFor }, 'the switch of a bucket waits');
    this.#waiting.set(name, { ...waiting, isTold: waiting.isTold || tells });
  }
}
