import { pino } from 'pino';
import { createMemoryBackend } from '../../src/backends/memory/memory.js';
import { atBucket } from '../../src/filters/at-bucket.js';
import type { S3Service } from '../../src/s3/message.js';
import type { ShadowedBucket } from '../../src/shadow/shadowed.js';
import { TIMES } from '../../src/system/times.js';
import { StoreClient } from '../support/store-client.js';
import { Client } from './client.js';
import { fillStores } from './filling.js';
import { History } from './history.js';
import { Life } from './life.js';
import { MemoryKv } from './memory-kv.js';
import { Random } from './random.js';
import type { Rules } from './rules.js';
import type { Scenario } from './scenario.js';
import { Scheduler } from './scheduler.js';
import { reachedState } from './state-boundary.js';
import { reached } from './store-boundary.js';
import { Weather } from './weather.js';

export interface SimulatedGateway {
  readonly life: Life;
  readonly bucket: ShadowedBucket;
  readonly client: StoreClient;
}

type Deed = (client: Client, key: string) => Promise<void>;

/** What clients do, each as often as it stands here. */
const DEEDS: Readonly<Record<string, Deed>> = {
  get: (client, key) => client.get(key),
  'get again': (client, key) => client.get(key),
  head: (client, key) => client.head(key),
  range: (client, key) => client.range(key),
  list: (client) => client.list(),
  sweep: (client, key) => client.sweep(key),
  put: (client, key) => client.put(key),
  'put again': (client, key) => client.put(key),
  'put-if-absent': (client, key) => client.putIfAbsent(key),
  'put-if-match': (client, key) => client.putIfMatch(key),
  'put in parts': (client, key) => client.putInParts(key),
  delete: (client, key) => client.delete(key),
  'delete-if-match': (client, key) => client.deleteIfMatch(key),
  'delete all': (client) => client.deleteAll(),
  rest: (client) => client.rest(),
};

/** What takes two keys. */
const DEEDS_OF_TWO = { ...DEEDS, copy: (client: Client, key: string) => client.copy(key) };

/** Nobody waits longer for another in one go, ms: neither for a writer, nor for a copy, nor recovery for its next round. */
const LONGEST_WAIT_MS = 20_000;

const log = pino({ level: 'silent' });

/** One run: two stores, one state, gateways that die and are replaced, and clients whose every operation is recorded. */
export class World {
  readonly history = new History();
  readonly scheduler: Scheduler;
  readonly weather: Weather;
  readonly keys: readonly string[];
  readonly kv: MemoryKv;
  readonly #random: Random;
  readonly #gateways: SimulatedGateway[] = [];
  readonly #stores: Readonly<Record<'target' | 'shadow', S3Service>>;

  constructor(
    private readonly scenario: Scenario,
    private readonly rules: Rules,
  ) {
    this.#random = new Random(scenario.seed);
    this.scheduler = new Scheduler(this.#random);
    this.kv = new MemoryKv(this.scheduler);
    this.weather = new Weather(this.scheduler, this.#random, scenario.troubles);
    this.keys = Array.from({ length: scenario.keys }, (_, index) => `k${index}`);
    this.#stores = { target: this.#makeStore('target'), shadow: this.#makeStore('shadow') };
  }

  store(side: 'target' | 'shadow'): StoreClient {
    return new StoreClient(this.#stores[side], side);
  }

  /** What clients see of each key at the beginning. */
  async prepare(): Promise<Map<string, string | null>> {
    for (const side of ['target', 'shadow'] as const) await this.store(side).ask('PUT', '');
    const initial = await fillStores(this, this.#random);
    for (let index = 0; index < 2; index += 1) this.#startGateway();
    return initial;
  }

  /** Clients work side by side, and gateways and the state fail meanwhile, until all have had their answers. */
  async live(): Promise<void> {
    const { clients, troubles } = this.scenario;
    let working = clients;
    for (let index = 0; index < clients; index += 1) {
      this.#work(`c${index}`).then(() => {
        working -= 1;
      });
    }
    for (let index = 0; index < troubles.kills; index += 1) this.#soon(() => this.#kill());
    for (let index = 0; index < troubles.outages; index += 1) this.#soon(() => this.#breakState());
    await this.scheduler.run(() => working === 0, 40_000);
  }

  /** Time passes until recovery has been everywhere, or all leases have ended; then every key is read once more. */
  async settle(): Promise<void> {
    this.weather.clearUp();
    this.kv.comeBack();
    const { scheduler } = this;
    const [soon, over] = [scheduler.now() + LONGEST_WAIT_MS, scheduler.now() + 4 * TIMES.leaseMs];
    const isOver = () => (scheduler.now() > soon && this.#isQuiet()) || scheduler.now() > over;
    await scheduler.run(isOver, 80_000);
    let reading = true;
    this.#readAll().then(() => {
      reading = false;
    });
    await this.scheduler.run(() => !reading, 80_000);
  }

  /** Nothing is on its way, and nothing is announced or owed. */
  #isQuiet(): boolean {
    return this.scheduler.isIdle && !this.kv.has('open/');
  }

  async #readAll(): Promise<void> {
    const client = this.#client('last', this.#startGateway());
    for (const key of this.keys) await client.get(key);
    await client.list();
  }

  async #work(name: string): Promise<void> {
    const deeds = this.#deeds();
    for (let index = 0; index < this.scenario.operations; index += 1) {
      await this.scheduler.pause();
      const gateway = this.#random.pick(this.#gateways.filter(({ life }) => life.alive));
      const [deed, run] = this.#random.pick(deeds);
      this.weather.count(deed);
      await run(this.#client(name, gateway), this.#random.pick(this.keys));
    }
  }

  #deeds(): [name: string, run: Deed][] {
    const possible = Object.entries(this.keys.length > 1 ? DEEDS_OF_TWO : DEEDS);
    const { deeds } = this.scenario;
    return deeds ? possible.filter(([name]) => deeds.includes(name)) : possible;
  }

  #client(name: string, gateway: SimulatedGateway): Client {
    return new Client(name, gateway, this);
  }

  #soon(event: () => void): void {
    this.scheduler.after(this.#random.below(3_000), event);
  }

  #kill(): void {
    const alive = this.#gateways.filter(({ life }) => life.alive);
    this.#random.pick(alive).life.end();
    this.weather.count('kill');
    this.#startGateway();
  }

  #breakState(): void {
    this.kv.breakDown();
    this.weather.count('outage');
    this.scheduler.after(this.#random.below(20_000), () => this.kv.comeBack());
  }

  #startGateway(): SimulatedGateway {
    const { writeThrough, conditional } = this.scenario;
    const life = new Life();
    const bucket = this.rules.shadowed({
      bucket: {
        ...RECORD,
        shadow: {
          ...SHADOW,
          writeThrough,
          rung: writeThrough ? 'write-through' : 'read-through',
          delete: this.scenario.delete,
        },
        conditionalWrites: conditional,
      },
      target: reached(this.#stores.target, life, this.weather),
      shadow: reached(this.#stores.shadow, life, this.weather),
      ledger: this.rules.ledger(reachedState(this.kv, life, this.weather), this.scheduler),
      clock: this.scheduler,
      log,
    });
    bucket.startRecovery();
    const gateway = { life, bucket, client: new StoreClient(bucket.service, 'bucket') };
    this.#gateways.push(gateway);
    return gateway;
  }

  #makeStore(bucket: string): S3Service {
    return atBucket(bucket)(createMemoryBackend({ name: bucket, clock: this.scheduler }).service);
  }
}

const RECORD = {
  name: 'bucket',
  id: 'b',
  org: null,
  backend: 't',
  targetBucket: 't',
  public: false,
  createdAt: '2026-01-01T00:00:00.000Z',
  epoch: 0,
  forgetting: false,
};

const SHADOW = {
  name: 's',
  endpoint: 'http://127.0.0.1:1',
  region: 'auto',
  accessKeyId: 'a',
  secretAccessKey: 'b',
  aim: 'read-through' as const,
  since: '2026-01-01T00:00:00.000Z',
};
