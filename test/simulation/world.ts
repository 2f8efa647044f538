import { createMemoryBackend } from '../../src/backends/memory/memory.js';
import { atBucket } from '../../src/filters/at-bucket.js';
import type { S3Service } from '../../src/s3/message.js';
import { TIMES } from '../../src/system/times.js';
import { StoreClient } from '../support/store-client.js';
import { Client } from './client/client.js';
import { choices, DEED_NAMES, DEEDS, keysOf } from './client/deeds.js';
import { get, list } from './client/reads.js';
import { fillStores } from './filling.js';
import { type SimulatedGateway, startGateway } from './gateway.js';
import { History } from './history.js';
import { MemoryKv } from './memory-kv.js';
import { Monitor, type Side } from './monitor.js';
import { Overlaps } from './overlaps.js';
import { Random } from './random.js';
import { RecordWitness } from './record-witness.js';
import type { Rules } from './rules.js';
import type { Scenario } from './scenario.js';
import { Scheduler } from './scheduler.js';
import { Tally } from './tally.js';
import { Weather } from './weather.js';

/** Nobody waits longer for another in one go, ms: neither for a writer, nor for a copy, nor recovery for its next round. */
const LONGEST_WAIT_MS = 20_000;

/** In which recovery comes round, ms. */
const RECOVERY_MS = 6_000;

/** Events after which a run must have ended. */
const MAX_STEPS = 100_000;

/** One run: two stores, one state, gateways that die and are replaced, and clients whose every operation is recorded. */
export class World {
  readonly history = new History();
  readonly tally = new Tally();
  readonly scheduler: Scheduler;
  readonly weather: Weather;
  readonly keys: readonly string[];
  readonly kv: MemoryKv;
  readonly monitor: Monitor;
  readonly stores: Readonly<Record<Side, S3Service>>;
  readonly #random: Random;
  readonly #overlaps: Overlaps;
  readonly #records: RecordWitness;
  readonly #gateways: SimulatedGateway[] = [];

  constructor(
    readonly scenario: Scenario,
    readonly rules: Rules,
  ) {
    const { history, tally } = this;
    const { seed, troubles, rung, keys } = scenario;
    this.#random = new Random(seed);
    this.scheduler = new Scheduler(this.#random);
    this.kv = new MemoryKv(this.scheduler);
    this.weather = new Weather(this.scheduler, this.#random, { troubles, tally });
    this.keys = Array.from({ length: keys }, (_, index) => `k${index}`);
    this.monitor = new Monitor({ history, writesBoth: rung === 'write-through' });
    this.stores = { target: this.#makeStore('target'), shadow: this.#makeStore('shadow') };
    this.#overlaps = new Overlaps(tally);
    const targetHas = (key: string) => this.monitor.has('target', key);
    this.#records = new RecordWitness({
      ...this,
      clock: this.scheduler,
      overlaps: this.#overlaps,
      targetHas,
    });
  }

  store(side: Side): StoreClient {
    return new StoreClient(this.stores[side], side);
  }

  /** What clients see of each key at the beginning. */
  async prepare(): Promise<Map<string, string | null>> {
    for (const side of ['target', 'shadow'] as const) await this.store(side).ask('PUT', '');
    const initial = await fillStores(this, this.#random);
    for (let index = 0; index < 2; index += 1) this.#startGateway();
    return initial;
  }

  /** Clients work side by side, and gateways and the state fail meanwhile; and again when recovery looks after what they left. */
  async live(): Promise<void> {
    const { kills, outages } = this.scenario.troubles;
    for (let index = 0; index < kills; index += 1) this.#soon(() => this.#kill());
    for (let index = 0; index < outages; index += 1) this.#soon(() => this.#breakState());
    await this.#shift();
    const recovery = this.#records.firstLeaseEnd;
    if (recovery === undefined) return;
    const begin = recovery + this.#random.below(RECOVERY_MS);
    await this.scheduler.run(() => this.scheduler.now() >= begin, MAX_STEPS);
    await this.#shift();
  }

  /** All clients do what they have to do, until all have had their answers. */
  async #shift(): Promise<void> {
    const { clients } = this.scenario;
    let working = clients;
    for (let index = 0; index < clients; index += 1) {
      this.#work(`c${index}`).then(() => {
        working -= 1;
      });
    }
    await this.scheduler.run(() => working === 0, MAX_STEPS);
  }

  /** Time passes until recovery has been everywhere, or all leases have ended; then every key is read once more. */
  async settle(): Promise<void> {
    this.weather.clearUp();
    this.kv.comeBack();
    const { scheduler } = this;
    const [soon, over] = [scheduler.now() + LONGEST_WAIT_MS, scheduler.now() + 4 * TIMES.leaseMs];
    const isOver = () => (scheduler.now() > soon && this.#isQuiet()) || scheduler.now() > over;
    await scheduler.run(isOver, MAX_STEPS);
    let reading = true;
    this.#readAll().then(() => {
      reading = false;
    });
    await scheduler.run(() => !reading, MAX_STEPS);
  }

  /** Nothing is on its way, and nothing is announced or owed. */
  #isQuiet(): boolean {
    const isStalled = this.#gateways.some(({ life }) => life.isStalled);
    return this.scheduler.isIdle && !isStalled && !this.kv.has('open/');
  }

  async #readAll(): Promise<void> {
    const client = new Client('last', this.#startGateway(), this);
    for (const key of this.keys) await get(client, key);
    await list(client);
  }

  async #work(name: string): Promise<void> {
    const deeds = choices(this.scenario.deeds ?? DEED_NAMES, this.keys.length);
    for (let index = 0; index < this.scenario.operations; index += 1) {
      await this.scheduler.pause();
      const client = new Client(name, this.#random.pick(this.#alive()), this);
      const [deed, key] = [this.#random.pick(deeds), this.#random.pick(this.keys)];
      this.tally.count('operation', deed);
      const end = this.#overlaps.begin(deed, keysOf(deed, key, this.keys));
      await DEEDS[deed].run(client, key);
      end();
    }
  }

  #alive(): SimulatedGateway[] {
    return this.#gateways.filter(({ life }) => life.alive);
  }

  #soon(event: () => void): void {
    this.scheduler.after(this.#random.below(3_000), event);
  }

  #kill(): void {
    this.#random.pick(this.#alive()).life.end();
    this.tally.count('fault', 'kill');
    this.#startGateway();
  }

  #breakState(): void {
    this.kv.breakDown();
    this.tally.count('fault', 'outage');
    this.scheduler.after(this.#random.below(20_000), () => this.kv.comeBack());
  }

  #startGateway(): SimulatedGateway {
    const gateway = startGateway(this);
    this.#gateways.push(gateway);
    return gateway;
  }

  #makeStore(side: Side): S3Service {
    const store = createMemoryBackend({ name: side, clock: this.scheduler }).service;
    return this.monitor.watching(side, atBucket(side)(store));
  }
}
