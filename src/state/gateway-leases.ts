import { z } from 'zod';
import type { Kv, KvEntry } from './kv.js';

const entry = z.object({ acknowledged: z.record(z.string(), z.number()) });

/** By a bucket's id the epoch before which a gateway has nothing under way any more, nor will have. */
export type Acknowledged = Readonly<Record<string, number>>;

/** A gateway that others have to count with. */
export interface LiveGateway {
  readonly id: string;
  readonly acknowledged: Acknowledged;
}

const SPACE = 'gateway/';
const PAGE = 1_000;

/**
 * The gateways that serve from one state: a pair for each, which goes when its gateway has not renewed it for as long as a lease.
 *
 * @throws KvUnavailable from every method when the state store cannot be reached
 */
export class GatewayLeases {
  constructor(
    private readonly kv: Kv,
    private readonly leaseMs: number,
  ) {}

  /** From here on others wait for the gateway, whatever was before. */
  async take(gateway: LiveGateway): Promise<void> {
    await this.kv.commit({ sets: [this.#pair(gateway)] });
  }

  /** False when the lease was over, so that others may have gone on without the gateway. */
  async renew(gateway: LiveGateway): Promise<boolean> {
    const held = await this.kv.get(SPACE + gateway.id);
    if (held === null) return false;
    return (await this.kv.commit({ checks: [held], sets: [this.#pair(gateway)] })) !== null;
  }

  async release(id: string): Promise<void> {
    await this.kv.commit({ deletes: [SPACE + id] });
  }

  /** All whose lease has not run out. One that takes its lease later finds all that stood in the state by now. */
  async live(): Promise<LiveGateway[]> {
    const found: LiveGateway[] = [];
    for (let page = await this.#page(SPACE); ; page = await this.#page(`${page.at(-1)?.key}\0`)) {
      found.push(...page.map(gatewayOf));
      if (page.length < PAGE) return found;
    }
  }

  /** Calls back when one has come or gone in good order, or has acknowledged something. Returns the function that ends it. */
  onChange(listener: () => void): () => void {
    return this.kv.watch(SPACE, listener);
  }

  #page(start: string): Promise<KvEntry[]> {
    return this.kv.list({ prefix: SPACE, start, limit: PAGE });
  }

  #pair({ id, acknowledged }: LiveGateway) {
    return { key: SPACE + id, value: JSON.stringify({ acknowledged }), expireIn: this.leaseMs };
  }
}

const gatewayOf = ({ key, value }: KvEntry): LiveGateway => ({
  id: key.slice(SPACE.length),
  ...entry.parse(JSON.parse(value)),
});
