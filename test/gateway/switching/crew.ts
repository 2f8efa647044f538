import type { BucketRoute } from '../../../src/gateway/bucket-route.js';
import { type BucketRoutes, createBucketRoutes } from '../../../src/gateway/bucket-routes.js';
import { Meters } from '../../../src/gateway/metrics/meters.js';
import { RequestsUnderWay } from '../../../src/gateway/requests-under-way.js';
import { retirement } from '../../../src/gateway/retirement.js';
import type { GatewayLease } from '../../../src/gateway/switching/lease.js';
import { joinGateways } from '../../../src/gateway/switching/membership.js';
import { type RunningSwitching, startSwitching } from '../../../src/gateway/switching/switching.js';
import type { Tenure } from '../../../src/gateway/switching/tenure.js';
import { UnansweredWrites } from '../../../src/gateway/unanswered-writes.js';
import type { S3Request, S3Response } from '../../../src/s3/message.js';
import type { BucketRecord, BucketStore } from '../../../src/state/buckets.js';
import type { Registry } from '../../../src/state/registry.js';
import type { Aim } from '../../../src/state/rung.js';
import { systemStopwatch } from '../../../src/system/clock.js';
import { createLogger } from '../../../src/system/logger.js';
import { longestRequestMs, type Times } from '../../../src/system/times.js';
import { MemoryKv } from '../../simulation/memory-kv.js';
import { bucketNamed, SHADOW, storesOn } from '../../state/records.js';
import { ManualClock } from '../../support/manual-clock.js';
import { CutKv } from './cut-kv.js';

/** Leases of seconds, so that long stories are short. */
/** What the shadow was seen to be capable of, which may be the target one day. */
const SWAP = {
  conditionalWrites: { put: true, complete: true, match: true },
  trailingChecksums: false,
  force: false,
};

export const SHORT: Times = {
  connectMs: 100,
  firstByteMs: 900,
  idleMs: 900,
  leaseMs: 4_000,
  readLeaseMs: 20_000,
  marginMs: 500,
};

/** A request to a store, from when it is sent until it can apply no more. */
export interface Work {
  readonly gateway: string;
  readonly record: BucketRecord;
  readonly operation: S3Request['operation'];
}

/** A request that is under way until the test ends it. */
export interface Sent {
  /** The status, or the error's code. */
  readonly outcome: Promise<number | string>;
  end(): void;
}

/** One gateway, as far as it has a part in switches. */
export interface Member {
  readonly id: string;
  readonly kv: CutKv;
  readonly lease: GatewayLease;
  readonly registry: Registry;
  readonly buckets: BucketStore;
  readonly routes: BucketRoutes;
  readonly switching: RunningSwitching;
  /** Undefined when the gateway is out of touch with the state. */
  send(operation: S3Request['operation']): Promise<Sent | undefined>;
  /** Ends in good order. */
  leave(): Promise<void>;
}

const STEP_MS = 50;

/** Gateways that share one state, in a time of their own, and one bucket. */
export class Crew {
  readonly clock = new ManualClock();
  readonly kv = new MemoryKv(this.clock);
  readonly buckets = storesOn(this.kv, this.clock).buckets;
  readonly logged: { readonly msg: string; readonly bucket?: string; readonly waitingFor?: string[] }[] = [];
  readonly work = new Set<Work>();
  /** Is told of every route that a gateway opens. */
  onOpen: (gateway: string, record: BucketRecord) => void = () => undefined;
  readonly #members = new Set<Member>();

  async join(id: string): Promise<Member> {
    const member = await join(id, this);
    this.#members.add(member);
    return member;
  }

  /** Lets time pass, with all that it brings about. */
  async pass(ms: number): Promise<void> {
    await allTurns();
    for (let left = ms; left > 0; left -= STEP_MS) {
      this.clock.advance(Math.min(STEP_MS, left));
      await allTurns();
    }
  }

  async photos(): Promise<BucketRecord> {
    return (await this.buckets.get('photos')) ?? bucketNamed('photos');
  }

  /** What an operator asks for: a shadow, another mode, or none. */
  async aim(aim: Aim): Promise<void> {
    await this.buckets.update('photos', (record) => {
      if (record.shadow) return { ...record, shadow: { ...record.shadow, aim, swap: SWAP } };
      if (aim === 'none' || record.forgetting) return record;
      return {
        ...record,
        shadow: { ...SHADOW, rung: 'target-only', aim, swap: SWAP },
        epoch: record.epoch + 1,
      };
    });
    await allTurns();
  }

  async end(): Promise<void> {
    for (const member of this.#members) member.kv.mend();
    await this.pass(2 * SHORT.leaseMs);
    for (const member of this.#members) await member.leave();
  }
}

/** All that can go on without time. */
async function allTurns(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

async function join(id: string, crew: Crew): Promise<Member> {
  const { clock } = crew;
  const kv = new CutKv(crew.kv);
  const log = createLogger({ stream: { write: (line: string) => crew.logged.push(JSON.parse(line)) } });
  const stores = storesOn(kv, clock);
  const { leases, lease, registry } = await joinGateways({ id, kv, ...stores, clock, times: SHORT, log });
  const { open, send } = playStores(id, crew);
  const routes = createBucketRoutes({ registry, lease, open, log });
  const switching = startSwitching({ kv, registry, buckets: stores.buckets, leases, clock, log });
  return {
    ...{ id, kv, lease, registry, routes, switching, buckets: stores.buckets },
    async send(operation) {
      const route = lease.tenure.isOver() ? undefined : await routes.find('photos');
      return route && send(route, operation);
    },
    async leave() {
      const closed = routes.close(new AbortController().signal);
      await crew.pass(STEP_MS);
      await switching.stop();
      await lease.close({ release: !(await closed) });
      registry.close();
    },
  };
}

/** Stores whose answers the test gives, or the deadline of a request does; an upload may take longer. */
function playStores(gateway: string, crew: Crew) {
  let last: () => void = () => undefined;

  async function store(request: S3Request, record: BucketRecord): Promise<S3Response> {
    const work = { gateway, record, operation: request.operation };
    crew.work.add(work);
    await new Promise<void>((resolve) => {
      last = resolve;
      request.signal.addEventListener('abort', () => resolve());
      if (request.operation !== 'PutObject') crew.clock.after(longestRequestMs(SHORT), resolve);
    });
    if (request.signal.aborted) {
      crew.clock.after(longestRequestMs(SHORT), () => crew.work.delete(work));
      throw request.signal.reason;
    }
    crew.work.delete(work);
    return { status: 200, headers: {} };
  }

  function open(record: BucketRecord, tenure: Tenure): BucketRoute {
    crew.onOpen(gateway, record);
    const { clock } = crew;
    const unanswered = new UnansweredWrites(clock, SHORT);
    const requests = new RequestsUnderWay((request) => store(request, record), {
      tenure: tenure.signal,
      unanswered,
    });
    const nothing = async () => undefined;
    return {
      record,
      service: requests.service,
      target: async () => ({ status: 404, headers: {} }),
      meter: new Meters(systemStopwatch).requests.ofNoBucket,
      retire: () => retirement({ requests, unanswered, clock, drain: nothing, close: nothing }),
    };
  }

  function send({ service }: BucketRoute, operation: S3Request['operation']): Sent {
    const answer = service({ ...REQUEST, operation, method: METHODS[operation] ?? 'GET' });
    const outcome = answer.then(
      ({ status }) => status,
      (error) => error.code,
    );
    return { outcome, end: last };
  }

  return { open, send };
}

const METHODS: Partial<Record<S3Request['operation'], string>> = { PutObject: 'PUT', DeleteObject: 'DELETE' };

const REQUEST = {
  bucket: 'photos',
  key: 'key',
  query: [],
  headers: {},
  get signal() {
    return new AbortController().signal;
  },
};
