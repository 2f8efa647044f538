import type { GatewayLeases, LiveGateway } from '../../state/gateway-leases.js';
import { KvUnavailable } from '../../state/kv.js';
import type { Clock } from '../../system/clock.js';
import type { Logger } from '../../system/logger.js';
import type { ProcessMark } from '../../system/own-process.js';
import { longestRequestMs, type Times } from '../../system/times.js';
import { RunningTenure, type Tenure } from './tenure.js';

export interface GatewayLeaseOptions {
  /** No other gateway, nor this one before it was started anew, has the same. */
  readonly id: string;
  readonly leases: GatewayLeases;
  /** What the gateway runs as, so that others can tell that it has ended. */
  readonly process?: ProcessMark | undefined;
  readonly clock: Clock;
  readonly times: Times;
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>;
}

/** What a gateway tells the others of itself. */
export type Told = Pick<LiveGateway, 'acknowledged' | 'heard'>;

/** How soon a renewal that failed is tried anew, ms. */
const RETRY_MS = 1_000;
/** How often a lease is renewed while a tenure of full length passes. */
const RENEWALS = 4;

/** How long a tenure lasts from a renewal on, ms: a request that is released at its end applies before the lease is over. */
const tenureMs = (times: Times): number => times.leaseMs - longestRequestMs(times) - times.marginMs;

/** Until when a read is answered that is asked for by then, Unix ms. */
const readsUntil = (times: Times, renewedAt: number): number =>
  renewedAt + times.readLeaseMs - longestRequestMs(times) - times.marginMs;

/**
 * What makes the other gateways wait for this one: its lease in the state, renewed in time, and in it what the gateway has acknowledged.
 * While the state cannot be reached the tenure ends before the lease does; a new one begins by itself once all is known anew.
 */
export class GatewayLease {
  readonly id: string;
  #tenure: RunningTenure;
  #readsUntil: number;
  #told: Told = { acknowledged: {} };
  #reload: () => Promise<void> = async () => undefined;
  #onTenure: () => void = () => undefined;
  #timer: { cancel(): void } | undefined;
  #holding: Promise<void> | undefined;
  #mustRepeat = false;
  #isClosed = false;

  private constructor(private readonly options: GatewayLeaseOptions) {
    this.id = options.id;
    const now = options.clock.now();
    this.#tenure = this.#tenureFrom(now);
    this.#readsUntil = readsUntil(options.times, now);
  }

  /** Registers the gateway. To be done before it reads anything of the buckets, or others would not wait for what it has read. */
  static async take(options: GatewayLeaseOptions): Promise<GatewayLease> {
    const lease = new GatewayLease(options);
    await options.leases.take(lease.#gateway);
    return lease;
  }

  get tenure(): Tenure {
    return this.#tenure;
  }

  /** Whether what a target has may be answered. A tenure is not needed for it, but nobody knows for ever which store is the target. */
  mayRead(): boolean {
    return this.options.clock.now() < this.#readsUntil;
  }

  /** Keeps the lease from here on. @param reload reads anew what the gateway knows of the buckets, after others may have gone on without it */
  keep(reload: () => Promise<void>): void {
    this.#reload = reload;
    this.#renewIn(this.#renewalMs);
  }

  /** Calls back when a new tenure has begun. */
  onTenure(listener: () => void): void {
    this.#onTenure = listener;
  }

  /** Tells the others soon; what was told before holds no more. */
  tell(told: Told): void {
    if (JSON.stringify(told) === JSON.stringify(this.#told)) return;
    this.#told = told;
    // A renewal that is on its way has told what was so before, and sets the timer itself when it ends.
    if (this.#holding) this.#mustRepeat = true;
    else this.#renewIn(0);
  }

  /** With `release` others wait for this gateway no more; without it the lease runs out, for requests may have been cut off. */
  async close({ release }: { readonly release: boolean }): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#tenure.end();
    await this.#holding;
    if (!release) return;
    await this.options.leases.release(this.id).catch((error: unknown) => {
      this.options.log.warn({ err: error }, 'the lease of this gateway is left to run out');
    });
  }

  get #gateway(): LiveGateway {
    const { process } = this.options;
    return { id: this.id, ...this.#told, ...(process && { process }) };
  }

  get #renewalMs(): number {
    return tenureMs(this.options.times) / RENEWALS;
  }

  #renewIn(ms: number): void {
    this.#timer?.cancel();
    if (!this.#isClosed) this.#timer = this.options.clock.after(ms, () => this.#renew());
  }

  #renew(): void {
    if (this.#holding) this.#mustRepeat = true;
    else this.#holding = this.#renewOnward();
  }

  async #renewOnward(): Promise<void> {
    this.#mustRepeat = false;
    const isHeld = await this.#attempt();
    this.#holding = undefined;
    if (this.#mustRepeat) this.#renewIn(0);
    else this.#renewIn(isHeld ? this.#renewalMs : Math.min(RETRY_MS, this.#renewalMs));
  }

  async #attempt(): Promise<boolean> {
    try {
      await this.#hold();
      return true;
    } catch (error) {
      // That the state is out of reach is told when it matters: when the tenure ends.
      if (!(error instanceof KvUnavailable))
        this.options.log.error({ err: error }, 'the lease is not renewed');
      return false;
    }
  }

  /** Whoever was taken for gone, or may have been, learns what became of the buckets before it serves them by their settings again. */
  async #hold(): Promise<void> {
    const { leases, clock } = this.options;
    const sentAt = clock.now();
    const gateway = this.#gateway;
    const isHeld = await leases.renew(gateway);
    if (isHeld) this.#readsUntil = readsUntil(this.options.times, sentAt);
    if (isHeld && !this.#tenure.isOver()) return this.#tenure.extend(sentAt + tenureMs(this.options.times));
    this.#tenure.end();
    if (!isHeld) await leases.take(gateway);
    await this.#reload();
    this.#readsUntil = readsUntil(this.options.times, sentAt);
    if (!this.#isClosed) this.#begin(sentAt);
  }

  #begin(sentAt: number): void {
    this.#tenure = this.#tenureFrom(sentAt);
    this.options.log.info({ gateway: this.id }, 'in touch again with the state: all is served');
    this.#onTenure();
  }

  #tenureFrom(sentAt: number): RunningTenure {
    const { clock, times, log } = this.options;
    const tenure = new RunningTenure(clock, sentAt + tenureMs(times));
    tenure.signal.addEventListener('abort', () => {
      if (this.#isClosed) return;
      log.warn(
        { gateway: this.id },
        'out of touch with the state for so long that others may go on without this gateway: it only reads from targets now',
      );
    });
    return tenure;
  }
}
