import { BackendUnavailable } from '../../../src/backends/backend.js';
import { clearShadow } from '../../../src/gateway/admin/clear-shadow.js';
import { AdminError } from '../../../src/gateway/admin/errors.js';
import { swapShadow } from '../../../src/gateway/admin/swap-shadow.js';
import { S3Error } from '../../../src/s3/errors.js';
import type { BucketRecord } from '../../../src/state/buckets.js';
import { KvUnavailable } from '../../../src/state/kv.js';
import type { StoreClient } from '../../support/store-client.js';
import type { History } from '../history.js';
import type { Side } from '../monitor.js';
import { BUCKET, placeOf, type Shadow, shadowOn, sideOf } from '../record.js';
import type { Ask } from '../scenario.js';
import type { Tally } from '../tally.js';
import type { Weather } from '../weather.js';
import type { AdminSide, FollowingGateway } from './gateway.js';

export interface OperatorParts {
  readonly history: History;
  readonly weather: Weather;
  readonly tally: Tally;
  readonly keys: readonly string[];
  readonly deletes: Shadow['delete'];
  /** What either store honours. */
  readonly conditional: BucketRecord['conditionalWrites'];
  readonly asks?: readonly Ask[] | undefined;
  store(side: Side): StoreClient;
}

const ASKS: readonly Ask[] = ['write-through on or off', 'write-through on or off', 'swap', 'clear'];

/** How long an operator waits for a switch, ms. */
const WAIT_MS = 120_000;

/** How long an operator thinks before the next change, ms. */
const PAUSES_MS = [100, 2_000, 30_000];

/** Sets the bucket's shadow, has it written or not, and clears it, through whichever gateway. */
export class Operator {
  constructor(private readonly parts: OperatorParts) {}

  /** Changes one thing, and waits now and then for what comes of it. */
  async change(gateway: FollowingGateway): Promise<void> {
    const { random, scheduler } = this.parts.weather;
    await scheduler.sleep(random.pick(PAUSES_MS));
    const changed = gateway.admin.then((admin) => this.#change(gateway, admin));
    await Promise.race([changed.catch(unlessRefused), gateway.life.ended]);
  }

  async #change(gateway: FollowingGateway, admin: AdminSide): Promise<void> {
    const { random } = this.parts.weather;
    const record = await admin.buckets.get(BUCKET);
    if (!record) throw new TypeError('the bucket is gone');
    const ask = random.pick(this.parts.asks ?? ASKS);
    if (record.shadow === null) await this.#set(record, admin);
    else if (ask === 'swap') await this.#swap({ ...record, shadow: record.shadow }, admin);
    else if (ask === 'write-through on or off') await this.#writeThrough(!record.shadow.writeThrough, admin);
    else
      await this.#clear(
        { ...record, shadow: record.shadow },
        { gateway, admin, force: ask === 'clear by force' },
      );
    if (random.chance(0.5)) await this.#settled(admin);
  }

  /** From then on clients may see what only the shadow has, as if somebody had written it where nothing was; or never. */
  async #set({ forgetting }: BucketRecord, { buckets }: AdminSide): Promise<void> {
    if (forgetting) return;
    const { history, keys, tally, deletes, store, weather } = this.parts;
    const rung = weather.random.pick(['read-through', 'write-through'] as const);
    const invoked = history.now();
    for (const key of keys) {
      const value = await store('shadow').text(key);
      if (value === undefined) continue;
      const times = { invoked, returned: Number.POSITIVE_INFINITY };
      history.record({ key, client: 'admin', kind: 'put-if-absent', value, ...times, outcome: 'unknown' });
    }
    tally.count('operation', 'set a shadow');
    await buckets.update(BUCKET, (record) =>
      record.shadow || record.forgetting
        ? record
        : {
            ...record,
            shadow: {
              ...shadowOn(rung, deletes),
              place: placeOf(sideOf(record.target) === 'target' ? 'shadow' : 'target'),
              rung: 'target-only',
              confirmed: false,
            },
            epoch: record.epoch + 1,
          },
    );
  }

  async #writeThrough(writeThrough: boolean, { buckets }: AdminSide): Promise<void> {
    this.parts.tally.count('operation', `switch write-through ${writeThrough ? 'on' : 'off'}`);
    const aim = writeThrough ? 'write-through' : 'read-through';
    await buckets.update(BUCKET, (record) => ({
      ...record,
      shadow: record.shadow && { ...record.shadow, writeThrough, aim },
    }));
  }

  /** What is the target is the shadow from then on; clients see no difference. */
  async #swap(record: BucketRecord & { readonly shadow: Shadow }, admin: AdminSide): Promise<void> {
    const { tally, weather, conditional } = this.parts;
    tally.count('operation', 'swap');
    const probes = {
      probeShadow: async () => undefined,
      probeConditionalWrites: async () => conditional,
      probeTrailingChecksums: async () => false,
    };
    const waitMs = weather.random.pick([0, WAIT_MS]);
    await swapShadow(record, { force: false, waitMs }, { ...admin, probes }).catch((error: unknown) => {
      if (error instanceof AdminError) tally.count('rule', `swapping answered ${error.code}`);
      throw error;
    });
  }

  async #clear(
    record: BucketRecord & { readonly shadow: Shadow },
    { gateway, admin, force }: { gateway: FollowingGateway; admin: AdminSide; force: boolean },
  ): Promise<void> {
    const { keys, tally, weather } = this.parts;
    tally.count('operation', 'clear a shadow');
    if (!force) for (const key of keys) await gateway.bucket.migrate(key);
    const waitMs = weather.random.pick([0, WAIT_MS]);
    await clearShadow(record, { force, waitMs }, admin).catch((error: unknown) => {
      if (error instanceof AdminError) tally.count('rule', `clearing answered ${error.code}`);
      throw error;
    });
  }

  async #settled({ switching, clock }: AdminSide): Promise<void> {
    const patience = new AbortController();
    const timer = clock.after(WAIT_MS, () => patience.abort());
    await switching.settled(BUCKET, patience.signal).catch(() => undefined);
    timer.cancel();
  }
}

/** As an admin request is: by its own rules, by a gateway that has not heard of the shadow, or without the state. */
function unlessRefused(error: unknown): void {
  const isRefusal = [AdminError, S3Error, KvUnavailable, BackendUnavailable].some(
    (kind) => error instanceof kind,
  );
  if (!isRefusal) throw error;
}
