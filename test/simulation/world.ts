import { createMemoryBackend } from '../../src/backends/memory/memory.js';
import { atBucket } from '../../src/filters/at-bucket.js';
import type { S3Service } from '../../src/s3/message.js';
import { Passes } from '../../src/state/passes/passes.js';
import { PassControl } from '../../src/sweep/passes/control.js';
import { TIMES } from '../../src/system/times.js';
import { StoreClient } from '../support/store-client.js';
import { Client } from './client/client.js';
import { choices, DEED_NAMES, DEEDS, keysOf } from './client/deeds.js';
import { get, list } from './client/reads.js';
import { fillDrifted, fillStores } from './filling.js';
import { type SimulatedGateway, startGateway } from './gateway.js';
import { History } from './history.js';
import { forever } from './life.js';
import { MemoryKv } from './memory-kv.js';
import { Monitor, type Side } from './monitor.js';
import { Overlaps } from './overlaps.js';
import { Random } from './random.js';
import { recordOf } from './record.js';
import { RecordWitness } from './record-witness.js';
import type { Rules } from './rules.js';
import { type Scenario, troublesOf } from './scenario.js';
import { Scheduler } from './scheduler.js';
import { SweepOperator, sweepOnce } from './sweeping/operator.js';
import { objectsIn, SweepWitness } from './sweeping/witness.js';
import { type FollowingGateway, startFollowingGateway } from './switching/gateway.js';
import { Operator } from './switching/operator.js';
import { SwitchWitness } from './switching/switch-witness.js';
import { GRACE_MS } from './switching/times.js';
import { Tally } from './tally.js';
import { forgettingUploads } from './used-up-uploads.js';
import { Weather } from './weather.js';

/** Nobody waits longer for another in one go, ms: neither for a writer, nor for a copy, nor recovery for its next round. */
const LONGEST_WAIT_MS = 20_000;

/** In which recovery comes round, ms. */
const RECOVERY_MS = 6_000;

/** No outage lasts longer, ms. */
const OUTAGE_MS = 20_000;

/** For how long a gateway does not reach the state, ms: its tenure ends, and now and then its lease. */
const CUT_MS = 30_000;

/** In which gateways die and the state fails, ms; and where they work on sweeps, which take longer. */
const SOON_MS = 3_000;
const SWEEP_MS = 15_000;

/** What clients wait for before they go on, where a bucket is switched meanwhile, ms. */
const PAUSES_MS = [0, 0, 1_000, 10_000];

/** After so many graces every tombstone has been collected that can be, however often the shadow turned out to have its object again. */
const MAX_GRACES = 6;

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
  readonly switches: SwitchWitness;
  readonly sweeps: SweepWitness;
  /** Those of the gateways that an operator can ask for switches. */
  readonly #admins: FollowingGateway[] = [];

  constructor(
    readonly scenario: Scenario,
    readonly rules: Rules,
  ) {
    const { history, tally } = this;
    const { seed, rung, keys } = scenario;
    this.#random = new Random(seed);
    this.scheduler = new Scheduler(this.#random);
    this.kv = new MemoryKv(this.scheduler);
    this.weather = new Weather(this.scheduler, this.#random, { troubles: troublesOf(scenario), tally });
    this.keys = Array.from({ length: keys }, (_, index) => `k${index}`);
    this.monitor = new Monitor({
      history,
      writesTo: this.#isSwitched ? 'either' : rung === 'write-through' ? 'both' : 'target',
    });
    this.switches = new SwitchWitness(this.kv, tally);
    this.sweeps = new SweepWitness(this);
    const target = this.#makeBackend('target');
    const shadow = scenario.isOneStore ? target : this.#makeBackend('shadow');
    this.stores = { target: this.#makeStore('target', target), shadow: this.#makeStore('shadow', shadow) };
    this.#overlaps = new Overlaps(tally);
    const targetHas = (key: string) => this.monitor.has(this.sideOf('target'), key);
    this.#records = new RecordWitness({
      ...this,
      clock: this.scheduler,
      overlaps: this.#overlaps,
      targetHas,
    });
  }

  readonly store = (side: Side): StoreClient => new StoreClient(this.stores[side], side);
  /** The store that is the bucket's target or shadow now. */
  sideOf(role: Side): Side {
    const swaps = this.switches?.record?.swaps ?? 0;
    if (swaps % 2 === 0) return role;
    return role === 'target' ? 'shadow' : 'target';
  }

  /** What clients see of each key at the beginning. */
  async prepare(): Promise<Map<string, string | null>> {
    for (const side of ['target', 'shadow'] as const) await this.store(side).ask('PUT', '');
    const { drifted, rung } = this.scenario;
    const initial = drifted
      ? await fillDrifted(this)
      : await fillStores(this, this.#random, { seesShadow: rung !== 'none' });
    if (this.#isSwitched) await this.switches.begin(recordOf(this.scenario));
    for (let index = 0; index < 2; index += 1) this.#startGateway();
    return initial;
  }

  /** Clients work side by side, and gateways and the state fail meanwhile; and again when recovery looks after what they left. */
  async live(): Promise<void> {
    const { kills, outages, cuts } = troublesOf(this.scenario);
    for (let index = 0; index < kills; index += 1) this.#soon(() => this.#kill());
    for (let index = 0; index < outages; index += 1) this.#soon(() => this.#breakState());
    for (let index = 0; index < cuts; index += 1) this.#soon(() => this.#cutOff());
    const operating = this.#operate();
    await this.#shift();
    await this.#until(operating);
    const recovery = this.#records.firstLeaseEnd;
    if (recovery === undefined) return;
    const begin = recovery + this.#random.below(RECOVERY_MS);
    await this.scheduler.run(() => this.scheduler.now() >= begin, MAX_STEPS);
    await this.#shift();
  }

  /** All clients do what they have to do, until all have had their answers. */
  async #shift(): Promise<void> {
    const clients = Array.from({ length: this.scenario.clients }, (_, index) => this.#work(`c${index}`));
    await this.#until(Promise.all(clients));
  }

  /** Lets events happen until the work is done. */
  async #until(work: Promise<unknown>): Promise<void> {
    let isDone = false;
    const done = work.then(() => {
      isDone = true;
    });
    await Promise.race([this.scheduler.run(() => isDone, MAX_STEPS), done.then(forever)]);
  }

  /** What an operator asks for, one after the other. */
  async #operate(): Promise<void> {
    const sweeping = new SweepOperator(this);
    for (let index = 0; index < this.#sweeps; index += 1)
      await sweeping.ask(index === 0 ? 'begin sweeps that catch up' : undefined);
    const { delete: deletes, asks, conditional } = this.scenario;
    const operator = new Operator({
      ...this,
      store: (role) => this.store(this.sideOf(role)),
      deletes,
      asks,
      conditional,
    });
    for (let index = 0; index < this.scenario.switches; index += 1)
      await operator.change(this.#random.pick(this.#following()));
  }

  /** Time passes until recovery has been everywhere, or all leases have ended; then every key is read once more. */
  async settle(): Promise<void> {
    this.weather.clearUp();
    this.kv.comeBack();
    const { scheduler } = this;
    if (this.#sweeps > 0) await this.#until(this.#sweepUntilAllIsThere());
    const [soon, over] = [scheduler.now() + LONGEST_WAIT_MS, scheduler.now() + 4 * TIMES.leaseMs];
    const isOver = () => (scheduler.now() > soon && this.#isQuiet()) || scheduler.now() > over;
    await scheduler.run(isOver, MAX_STEPS);
    const last = scheduler.now() + MAX_GRACES * GRACE_MS;
    const isCollected = () => (this.#isQuiet() && this.#isCollected()) || scheduler.now() > last;
    if (this.#isSwitched) await scheduler.run(isCollected, MAX_STEPS);
    if (this.#sweeps > 0) await this.#until(this.#seeTargetAlone());
    await this.#until(this.#readAll());
  }

  /** What has failed is tried again until those who kept a key busy are gone. */
  async #sweepUntilAllIsThere(): Promise<void> {
    const over = this.scheduler.now() + 4 * TIMES.leaseMs;
    while (this.scheduler.now() < over) {
      const { tally } = await sweepOnce(this.#control, this);
      if (!tally.counts.failed?.objects) return;
    }
    this.monitor.note('no sweep ends without failures');
  }

  /** Without the shadow clients would see the same; and one more sweep finds all there, and counts it. */
  async #seeTargetAlone(): Promise<void> {
    let [inShadow, inBoth] = [0, 0];
    for (const key of this.keys) {
      const invoked = this.history.now();
      const value = (await this.store('target').text(key)) ?? null;
      const read = { client: 'alone', key, kind: 'get' as const, value, invoked, outcome: 'done' as const };
      this.history.record({ ...read, returned: this.history.now() });
      if ((await this.store('shadow').text(key)) === undefined) continue;
      inShadow += 1;
      if (value !== null) inBoth += 1;
    }
    const { tally } = await sweepOnce(this.#control, this);
    const { present, deleted } = tally.counts;
    const isRight =
      (present?.objects ?? 0) === inBoth &&
      (deleted?.objects ?? 0) === inShadow - inBoth &&
      objectsIn(tally) === inShadow;
    if (isRight) return;
    const counted = JSON.stringify(tally.counts);
    this.monitor.note(
      `a last sweep of ${inShadow} keys, of which the target has ${inBoth}, counts ${counted}`,
    );
  }

  /** Of one whose calls of the state all come through. */
  get #control(): PassControl {
    return new PassControl(new Passes(this.kv, this.scheduler), this.scheduler);
  }

  get #sweeps(): number {
    return this.scenario.sweeps ?? 0;
  }

  /** Nothing is on its way, nothing is announced or owed, and the bucket is where it was to be. */
  #isQuiet(): boolean {
    const isStalled = this.#gateways.some(({ life }) => life.isStalled || life.isCutOff);
    return this.scheduler.isIdle && !isStalled && !this.kv.has('open/') && this.switches.isSettled;
  }

  /** No tombstone is left that waits for its grace to end. */
  #isCollected(): boolean {
    return !this.kv.has('emptied/');
  }

  async #readAll(): Promise<void> {
    const client = new Client('last', this.#startGateway(), this);
    for (const key of this.keys) await get(client, key);
    await list(client);
  }

  async #work(name: string): Promise<void> {
    const deeds = choices(this.scenario.deeds ?? DEED_NAMES, this.keys.length);
    for (let index = 0; index < this.scenario.operations; index += 1) {
      if (this.#isSwitched) await this.scheduler.sleep(this.#random.pick(PAUSES_MS));
      await this.scheduler.pause();
      const client = new Client(name, this.anyGateway(), this);
      const [deed, key] = [this.#random.pick(deeds), this.#random.pick(this.keys)];
      this.tally.count('operation', deed);
      const end = this.#overlaps.begin(deed, keysOf(deed, key, this.keys));
      await DEEDS[deed].run(client, key);
      end();
    }
  }

  /** One that lives. */
  anyGateway(): SimulatedGateway {
    return this.#random.pick(this.#alive());
  }

  #alive(): SimulatedGateway[] {
    return this.#gateways.filter(({ life }) => life.alive);
  }

  #soon(event: () => void): void {
    this.scheduler.after(this.#random.below(this.#sweeps > 0 ? SWEEP_MS : SOON_MS), event);
  }

  #kill(): void {
    this.#random.pick(this.#alive()).life.end();
    this.tally.count('fault', 'kill');
    this.#startGateway();
  }

  #breakState(): void {
    this.kv.breakDown();
    this.tally.count('fault', 'outage');
    this.scheduler.after(this.#random.below(OUTAGE_MS), () => this.kv.comeBack());
  }

  #cutOff(): void {
    this.#random.pick(this.#alive()).life.cutOff(CUT_MS + this.#random.below(CUT_MS));
    this.tally.count('fault', 'cut off');
  }

  #startGateway(): SimulatedGateway {
    const gateway = this.#isSwitched
      ? this.#startFollowing()
      : startGateway(`g${this.#gateways.length}`, this);
    this.#gateways.push(gateway);
    return gateway;
  }

  #startFollowing(): FollowingGateway {
    const gateway = startFollowingGateway(`g${this.#gateways.length}`, this);
    this.#admins.push(gateway);
    return gateway;
  }

  #following(): FollowingGateway[] {
    return this.#admins.filter(({ life }) => life.alive);
  }

  get #isSwitched(): boolean {
    return this.scenario.switches > 0;
  }

  #makeBackend = (name: string): S3Service =>
    createMemoryBackend({ name, clock: this.scheduler, minPartSize: 1 }).service;

  #makeStore(side: Side, store: S3Service): S3Service {
    const answersAgain = this.scenario.conditional.complete;
    return this.monitor.watching(side, atBucket(side)(answersAgain ? store : forgettingUploads(store)));
  }
}
