import { createHash } from 'node:crypto';
import { pino } from 'pino';
import { createMemoryBackend } from '../../src/backends/memory/memory.js';
import { atBucket } from '../../src/filters/at-bucket.js';
import type { S3Service } from '../../src/s3/message.js';
import { readListing } from '../../src/s3/xml/listing.js';
import { createShadowed, type ShadowedBucket } from '../../src/shadow/shadowed.js';
import { LEDGER_TIMES, Ledger } from '../../src/state/ledger.js';
import { StoreClient } from '../support/store-client.js';
import { Life, reached, reachedState, type Weather } from './boundary.js';
import type { Operation } from './linearizability.js';
import { MemoryKv } from './memory-kv.js';
import { Random } from './random.js';
import { Scheduler } from './scheduler.js';

export interface Scenario {
  readonly seed: number;
  readonly writeThrough: boolean;
  readonly delete: 'both' | 'target';
  /** Whether the target honours If-None-Match. */
  readonly conditional: boolean;
  readonly keys: number;
  readonly clients: number;
  readonly operations: number;
  readonly faults: number;
  readonly kills: number;
}

/** The rules under test; a mutant replaces one. */
export interface Rules {
  readonly ledger: typeof Ledger;
  readonly shadowed: typeof createShadowed;
}

export const REAL_RULES: Rules = { ledger: Ledger, shadowed: createShadowed };

interface SimulatedGateway {
  readonly life: Life;
  readonly bucket: ShadowedBucket;
  readonly client: StoreClient;
}

export type KeyedOperation = Operation & { readonly key: string };

const log = pino({ level: 'silent' });

/** One run: two stores, one state, gateways that die and are replaced, and clients whose every operation is recorded. */
export class World {
  readonly history: KeyedOperation[] = [];
  readonly initial = new Map<string, string | null>();
  readonly counts: Record<string, number> = {};
  readonly scheduler: Scheduler;
  readonly #random: Random;
  readonly #weather: Weather;
  readonly #kv = new MemoryKv();
  readonly #gateways: SimulatedGateway[] = [];
  #stores: { target: S3Service; shadow: S3Service } | undefined;
  #clock = 0;
  #written = 0;

  constructor(
    private readonly scenario: Scenario,
    private readonly rules: Rules = REAL_RULES,
  ) {
    this.#random = new Random(scenario.seed);
    this.scheduler = new Scheduler(this.#random);
    this.#weather = {
      scheduler: this.scheduler,
      random: this.#random,
      faults: scenario.faults,
      counts: this.counts,
    };
  }

  async prepare(): Promise<void> {
    this.#stores = { target: await this.#makeStore('target'), shadow: await this.#makeStore('shadow') };
    for (const key of this.keys) await this.#fill(key);
    for (let index = 0; index < 2; index += 1) this.#startGateway();
  }

  get keys(): string[] {
    return Array.from({ length: this.scenario.keys }, (_, index) => `k${index}`);
  }

  store(side: 'target' | 'shadow'): StoreClient {
    return new StoreClient(this.#side(side), side);
  }

  /** Clients work side by side, and gateways die meanwhile, until all have had their answers. */
  async live(): Promise<void> {
    let working = this.scenario.clients;
    for (let index = 0; index < this.scenario.clients; index += 1) {
      this.#work(`c${index}`).then(() => {
        working -= 1;
      });
    }
    for (let index = 0; index < this.scenario.kills; index += 1) {
      this.scheduler.after(this.#random.below(3_000), () => this.#kill());
    }
    await this.scheduler.run(() => working === 0, 20_000);
  }

  /** Time passes until leases have ended and recovery has been everywhere; then every key is read once more. */
  async settle(): Promise<void> {
    this.#weather.faults = 0;
    const over = this.scheduler.now() + 4 * LEDGER_TIMES.leaseMs;
    await this.scheduler.run(() => this.scheduler.now() > over, 60_000);
    let reading = true;
    this.#readAll().then(() => {
      reading = false;
    });
    await this.scheduler.run(() => !reading, 60_000);
  }

  async #readAll(): Promise<void> {
    const gateway = this.#startGateway();
    for (const key of this.keys) await this.#get(gateway, 'last', key);
    await this.#list(gateway, 'last');
  }

  async #work(client: string): Promise<void> {
    for (let index = 0; index < this.scenario.operations; index += 1) {
      await this.scheduler.pause();
      const gateway = this.#random.pick(this.#gateways.filter(({ life }) => life.alive));
      await this.#act(gateway, client, this.#random.pick(this.keys));
    }
  }

  async #act(gateway: SimulatedGateway, client: string, key: string): Promise<void> {
    const kind = this.#random.pick([
      'get',
      'get',
      'get',
      'put',
      'put',
      'put-if-absent',
      'delete',
      'sweep',
      'list',
    ]);
    this.counts[kind] = (this.counts[kind] ?? 0) + 1;
    if (kind === 'get') return this.#get(gateway, client, key);
    if (kind === 'list') return this.#list(gateway, client);
    if (kind === 'sweep')
      return this.#orDeath(
        gateway,
        gateway.bucket.migrate(key).then(() => undefined),
      );
    if (kind === 'delete') return this.#write(gateway, { client, kind, key, value: null });
    this.#written += 1;
    return this.#write(gateway, {
      client,
      kind: kind as 'put',
      key,
      value: `value ${this.#written} of ${key}`,
    });
  }

  async #get(gateway: SimulatedGateway, client: string, key: string): Promise<void> {
    const invoked = this.#tick();
    const answer = await this.#orDeath(
      gateway,
      gateway.client.ask('GET', key).catch(() => undefined),
    );
    if (answer?.status !== 200 && answer?.status !== 404) return;
    const value = answer.status === 200 ? answer.text : null;
    this.history.push({ client, kind: 'get', key, value, invoked, returned: this.#tick(), outcome: 'done' });
  }

  /** A listing tells of every key what a read would. */
  async #list(gateway: SimulatedGateway, client: string): Promise<void> {
    const invoked = this.#tick();
    const asked = gateway.client.ask('GET', '', { query: 'list-type=2' }).catch(() => undefined);
    const answer = await this.#orDeath(gateway, asked);
    if (answer?.status !== 200) return;
    const listed = new Map(readListing(answer.body).objects.map(({ key, etag }) => [key, etag]));
    const returned = this.#tick();
    for (const key of this.keys) {
      const value = this.#valueOf(key, listed.get(key));
      this.history.push({
        client: `${client} list`,
        kind: 'get',
        key,
        value,
        invoked,
        returned,
        outcome: 'done',
      });
    }
  }

  async #write(
    gateway: SimulatedGateway,
    { client, kind, key, value }: Pick<KeyedOperation, 'client' | 'kind' | 'key' | 'value'>,
  ): Promise<void> {
    const invoked = this.#tick();
    const headers = kind === 'put-if-absent' ? { 'if-none-match': '*' } : undefined;
    const asked =
      kind === 'delete'
        ? gateway.client.ask('DELETE', key)
        : gateway.client.put(key, value ?? '', headers ?? {});
    const status = await this.#orDeath(
      gateway,
      asked.then(
        (answer) => answer.status,
        (error: { status?: number }) => error.status ?? 500,
      ),
    );
    const outcome = status === undefined || status >= 500 ? 'unknown' : status === 412 ? 'refused' : 'done';
    const returned = outcome === 'unknown' ? Number.POSITIVE_INFINITY : this.#tick();
    this.history.push({ client, kind, key, value, invoked, returned, outcome });
  }

  /** Undefined when the gateway died before it answered. */
  async #orDeath<T>(gateway: SimulatedGateway, answer: Promise<T>): Promise<T | undefined> {
    return Promise.race([answer, gateway.life.ended.then(() => undefined)]);
  }

  #kill(): void {
    const alive = this.#gateways.filter(({ life }) => life.alive);
    this.#random.pick(alive).life.end();
    this.counts.kills = (this.counts.kills ?? 0) + 1;
    this.#startGateway();
  }

  #startGateway(): SimulatedGateway {
    const { writeThrough, conditional } = this.scenario;
    const life = new Life();
    const kv = reachedState(this.#kv, life, this.#weather);
    const bucket = this.rules.shadowed({
      bucket: {
        ...RECORD,
        shadow: { ...SHADOW, writeThrough, delete: this.scenario.delete },
        conditionalWrites: { put: conditional, complete: conditional },
      },
      target: reached(this.#side('target'), life, this.#weather),
      shadow: reached(this.#side('shadow'), life, this.#weather),
      ledger: new this.rules.ledger(kv, 'b', this.scheduler),
      clock: this.scheduler,
      log,
    });
    bucket.startRecovery();
    const gateway = { life, bucket, client: new StoreClient(bucket.service, 'bucket') };
    this.#gateways.push(gateway);
    return gateway;
  }

  async #makeStore(bucket: string): Promise<S3Service> {
    const { service } = createMemoryBackend({ name: bucket, clock: this.scheduler });
    const { status } = await new StoreClient(service, bucket).ask('PUT', '');
    if (status !== 200) throw new Error(`no store: ${status}`);
    return atBucket(bucket)(service);
  }

  /** In the target, in the shadow (with its own value, or with the target's), or nowhere. */
  async #fill(key: string): Promise<void> {
    const where = this.#random.pick(['shadow', 'shadow', 'target', 'both', 'none']);
    const value = where === 'none' ? null : `initial ${key}`;
    this.initial.set(key, value);
    if (value === null) return;
    if (where !== 'shadow') await this.store('target').put(key, value);
    if (where !== 'target') await this.store('shadow').put(key, value);
  }

  #side(side: 'target' | 'shadow'): S3Service {
    if (!this.#stores) throw new Error('the world is not prepared');
    return this.#stores[side];
  }

  #valueOf(key: string, etag: string | undefined): string | null {
    if (etag === undefined) return null;
    const values = [...this.initial.values(), ...this.history.map(({ value }) => value)];
    for (let index = 1; index <= this.#written; index += 1) values.push(`value ${index} of ${key}`);
    return values.find((value) => value !== null && etagOf(value) === etag) ?? `unknown ${etag}`;
  }

  #tick(): number {
    this.#clock += 1;
    return this.#clock;
  }
}

const etagOf = (value: string): string => `"${createHash('md5').update(value).digest('hex')}"`;

const RECORD = {
  name: 'bucket',
  id: 'b',
  org: null,
  backend: 't',
  targetBucket: 't',
  public: false,
  createdAt: '2026-01-01T00:00:00.000Z',
};

const SHADOW = {
  name: 's',
  endpoint: 'http://127.0.0.1:1',
  region: 'auto',
  accessKeyId: 'a',
  secretAccessKey: 'b',
  since: '2026-01-01T00:00:00.000Z',
};
