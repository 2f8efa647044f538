import { pino } from 'pino';
import type { Migrations } from '../../../src/gateway/admin/dependencies.js';
import { type BucketRoutes, createBucketRoutes, findRoute } from '../../../src/gateway/bucket-routes.js';
import type { Connections } from '../../../src/gateway/connections.js';
import { Meters } from '../../../src/gateway/metrics/meters.js';
import { createMigrations } from '../../../src/gateway/migrations.js';
import type { Stores } from '../../../src/gateway/stores.js';
import { joinGateways, type Membership } from '../../../src/gateway/switching/membership.js';
import { servedOutOfTouch } from '../../../src/gateway/switching/out-of-touch.js';
import { type Switching, startSwitching } from '../../../src/gateway/switching/switching.js';
import type { ShadowedBucket } from '../../../src/shadow/shadowed.js';
import { createAccessKeyStore } from '../../../src/state/access-keys.js';
import { createBackendStore } from '../../../src/state/backends.js';
import { type BucketStore, createBucketStore } from '../../../src/state/buckets.js';
import { KvUnavailable } from '../../../src/state/kv.js';
import type { Place } from '../../../src/state/place.js';
import type { Clock } from '../../../src/system/clock.js';
import { systemStopwatch } from '../../../src/system/clock.js';
import type { Shared, SimulatedGateway } from '../gateway.js';
import { clockOf } from '../gateway-clock.js';
import { Life } from '../life.js';
import { MemoryKv } from '../memory-kv.js';
import { BUCKET, recordOf, sideOf } from '../record.js';
import { SEALER } from '../sealer.js';
import { reachedState } from '../state-boundary.js';
import { reached } from '../store-boundary.js';
import { SHORT } from './times.js';

/** What an operator reaches of a gateway. */
export interface AdminSide {
  readonly buckets: BucketStore;
  readonly migrations: Migrations;
  /** Both stores, to be tried by an operator. */
  readonly stores: Stores;
  readonly switching: Switching;
  readonly clock: Clock;
}

export interface FollowingGateway extends SimulatedGateway {
  /** Resolves once the gateway serves. */
  readonly admin: Promise<AdminSide>;
}

interface Process extends AdminSide, Pick<Membership, 'lease'> {
  readonly routes: BucketRoutes;
}

const log = pino({ level: 'silent' });

/** How soon a process that could not start is started anew, ms. */
const RESTART_MS = 1_000;

/** A gateway that follows the bucket's record, with all that takes part in a switch: only its stores and its state are simulated. */
export function startFollowingGateway(name: string, shared: Shared): FollowingGateway {
  const life = new Life(shared.weather.scheduler);
  const started = start(name, life, shared);
  return {
    life,
    admin: started,
    bucket: {
      service: serviceOf(started, shared),
      migrate: migrateOn(started),
      replaceCopy: async () => ({ state: 'absent' }),
    },
  };
}

/** A process that does not reach the state ends, and its successor is another gateway. */
async function start(name: string, life: Life, shared: Shared): Promise<Process> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await open(`${name}.${attempt}`, life, shared);
    } catch (error) {
      if (!(error instanceof KvUnavailable)) throw error;
      await clockOf(life, shared.weather.scheduler).sleep(RESTART_MS);
    }
  }
}

/** As a gateway opens its parts, in the same order. */
async function open(id: string, life: Life, shared: Shared): Promise<Process> {
  const { rules, weather } = shared;
  const clock = clockOf(life, weather.scheduler);
  const kv = rules.state(reachedState(shared.kv, life, weather));
  const buckets = createBucketStore(kv, SEALER);
  const accessKeys = createAccessKeyStore(kv, SEALER, clock);
  // None are added: what the state is asked stays as it is.
  const addedBackends = createBackendStore(new MemoryKv(clock), SEALER);
  const stores = { kv, buckets, accessKeys, addedBackends, clock, log };
  const { leases, lease, registry } = await joinGateways({ ...stores, id, times: SHORT });
  const losses = { add: async () => undefined };
  const parts = {
    ...stores,
    gateway: id,
    losses,
    copiedByReads: losses,
    connections: connectionsOf(life, shared),
    sealer: SEALER,
    meters: new Meters(systemStopwatch),
    times: SHORT,
  };
  const routes = createBucketRoutes({
    registry,
    lease,
    open: (record, tenure) => rules.openRoute(record, rules.tenure(tenure), parts),
    log,
  });
  const migrations = createMigrations({ routes, kv, clock });
  const switching = startSwitching({ kv, registry, buckets, leases, clock, log });
  const reach = connectionsOf(life, shared);
  const open = (target: Place) => {
    const { service, close } = reach.toTarget({ ...recordOf(shared.scenario), target });
    return { name: target.bucket, service, close };
  };
  return { buckets, migrations, switching, stores: { open }, clock, lease, routes };
}

function connectionsOf(life: Life, shared: Shared): Connections {
  const stores = {
    target: reached(shared.stores.target, { ...shared, side: 'target', life }),
    shadow: reached(shared.stores.shadow, { ...shared, side: 'shadow', life }),
  };
  const close = async () => undefined;
  return {
    toTarget: ({ target }) => ({ service: stores[sideOf(target)], store: stores[sideOf(target)], close }),
    toShadow: ({ shadow: { place } }) => ({ service: stores[sideOf(place)], close }),
  };
}

/** As requests are admitted to a bucket. */
function serviceOf(started: Promise<Process>, { rules, tally }: Shared): ShadowedBucket['service'] {
  return async (request) => {
    const { routes, lease } = await started;
    const { service, target, record } = await findRoute(routes, BUCKET);
    const isOut = rules.tenure(lease.tenure).isOver();
    tally.count('rule', isOut ? 'out of touch' : `served on ${record.shadow?.rung ?? 'none'}`);
    const mayRead = rules.mayRead(lease);
    return (isOut ? servedOutOfTouch({ target, record, mayRead }) : service)(request);
  };
}

/** Where there is no shadow, all that there is to copy is in the target. */
function migrateOn(started: Promise<Process>): ShadowedBucket['migrate'] {
  return async (key, options) => {
    const { routes } = await started;
    const { movingFrom } = await findRoute(routes, BUCKET);
    return movingFrom ? movingFrom.migrate(key, options) : { state: 'present' };
  };
}
