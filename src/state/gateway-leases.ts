import { z } from 'zod';
import type { ProcessMark } from '../system/own-process.js';
import type { Times } from '../system/times.js';
import type { Kv, KvEntry } from './kv.js';

const epochs = z.record(z.string(), z.number());
const processMark = z.object({ machine: z.string(), pid: z.number(), started: z.string() });
const entry = z.object({
  acknowledged: epochs,
  heard: epochs.optional(),
  process: processMark.optional(),
});

/** By a bucket's id the epoch before which a gateway has nothing under way any more, nor will have. */
export type Acknowledged = Readonly<Record<string, number>>;

/** A gateway that others have to count with. */
export interface LiveGateway {
  readonly id: string;
  readonly acknowledged: Acknowledged;
  /** By a bucket's id the epoch by which it serves new requests, though older ones may still be under way. */
  readonly heard?: Acknowledged | undefined;
  /** What it runs as, where the system tells. */
  readonly process?: ProcessMark | undefined;
}

const SPACE = 'gateway/';
/** Those that may still answer reads, in touch with the state or not. */
const READERS = 'reader/';
const PAGE = 1_000;

/**
 * The gateways that serve from one state: a pair for each, which goes when its gateway has not renewed it for as long as a lease, and another that
 * lasts as long as the gateway may read from targets without the state.
 *
 * @throws KvUnavailable from every method when the state store cannot be reached
 */
export class GatewayLeases {
  constructor(
    private readonly kv: Kv,
    private readonly times: Pick<Times, 'leaseMs' | 'readLeaseMs'>,
  ) {}

  /** From here on others wait for the gateway, whatever was before. */
  async take(gateway: LiveGateway): Promise<void> {
    await this.kv.commit({ sets: this.#pairs(gateway) });
  }

  /** False when the lease was over, so that others may have gone on without the gateway. */
  async renew(gateway: LiveGateway): Promise<boolean> {
    const held = await this.kv.get(SPACE + gateway.id);
    if (held === null) return false;
    return (await this.kv.commit({ checks: [held], sets: this.#pairs(gateway) })) !== null;
  }

  async release(id: string): Promise<void> {
    await this.kv.commit({ deletes: [SPACE + id, READERS + id] });
  }

  /** All whose lease has not run out. One that takes its lease later finds all that stood in the state by now. */
  live(): Promise<LiveGateway[]> {
    return this.#all(SPACE);
  }

  /** All that may still answer reads by what they have acknowledged, also those that others no longer wait for otherwise. */
  readers(): Promise<LiveGateway[]> {
    return this.#all(READERS);
  }

  /** Calls back when one has come or gone in good order, or has acknowledged something. Returns the function that ends it. */
  onChange(listener: () => void): () => void {
    return this.kv.watch(SPACE, listener);
  }

  async #all(prefix: string): Promise<LiveGateway[]> {
    const found: LiveGateway[] = [];
    const pageFrom = (start: string) => this.kv.list({ prefix, start, limit: PAGE });
    for (let page = await pageFrom(prefix); ; page = await pageFrom(`${page.at(-1)?.key}\0`)) {
      found.push(...page.map((entry) => gatewayOf(entry, prefix)));
      if (page.length < PAGE) return found;
    }
  }

  #pairs({ id, ...told }: LiveGateway) {
    const value = JSON.stringify(told);
    const { leaseMs, readLeaseMs } = this.times;
    return [
      { key: SPACE + id, value, expireIn: leaseMs },
      { key: READERS + id, value, expireIn: readLeaseMs },
    ];
  }
}

const gatewayOf = ({ key, value }: KvEntry, prefix: string): LiveGateway => ({
  id: key.slice(prefix.length),
  ...entry.parse(JSON.parse(value)),
});
