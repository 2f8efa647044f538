import { S3Error } from '../../../src/s3/errors.js';
import type { S3Service } from '../../../src/s3/message.js';
import { type Answer, StoreClient } from '../../support/store-client.js';
import type { SimulatedGateway } from '../gateway.js';
import type { History } from '../history.js';
import { forever } from '../life.js';
import type { Operation } from '../linearizability.js';
import { marking } from '../mark.js';
import type { Monitor, Side } from '../monitor.js';
import type { Tally } from '../tally.js';
import type { Weather } from '../weather.js';

export type Asking = (client: StoreClient, signal: AbortSignal) => Promise<Answer>;

/** An answer, and by which mark the stores knew the request. */
export type Heard = Answer & { readonly mark: string };

export type Write = Pick<Operation, 'kind' | 'value' | 'expected'>;

export type Outcome = Operation['outcome'];

export interface Surroundings {
  readonly history: History;
  readonly weather: Weather;
  readonly monitor: Monitor;
  readonly tally: Tally;
  readonly keys: readonly string[];
  /** The stores themselves, beside all gateways. */
  readonly stores: Readonly<Record<Side, S3Service>>;
  readonly store: (side: Side) => StoreClient;
  anyGateway(): SimulatedGateway;
}

/** One client of one gateway: asks, and notes what it asked and was told. */
export class Client {
  constructor(
    private readonly name: string,
    private readonly gateway: SimulatedGateway,
    readonly surroundings: Surroundings,
  ) {}

  get bucket(): SimulatedGateway['bucket'] {
    return this.gateway.bucket;
  }

  get life(): SimulatedGateway['life'] {
    return this.gateway.life;
  }

  /** The same client, through whichever gateway its next request happens to reach. */
  elsewhere(): Client {
    return new Client(this.name, this.surroundings.anyGateway(), this.surroundings);
  }

  /** Undefined when there was no answer, or nobody to hear it. */
  async ask(asking: Asking): Promise<Heard | undefined> {
    const departure = new AbortController();
    const mark = `request ${this.surroundings.history.now()}`;
    const client = new StoreClient(marking(this.bucket.service, mark), 'bucket');
    const answer = this.life.goesOn().then(() => asking(client, departure.signal));
    const heard = await this.unlessDead(
      Promise.race([answer.catch((error: unknown) => this.#spoken(error)), this.#leave(departure)]),
    );
    return heard && { ...heard, mark };
  }

  /** What the gateway does in the time of one client's operation; undefined when it dies meanwhile. */
  unlessDead<T>(answer: Promise<T>): Promise<T | undefined> {
    return Promise.race([answer, this.life.ended.then(() => undefined)]);
  }

  /** Whether the target has the object now, if there is one, as the gateway sees to it before a copy. */
  async bringOver(key: string): Promise<boolean> {
    const found = await this.unlessDead(this.bucket.migrate(key));
    return found !== undefined && found.state !== 'failed' && found.state !== 'superseded';
  }

  record(
    key: string,
    operation: Omit<Operation, 'client' | 'returned'> & { readonly returned?: number },
  ): void {
    this.surroundings.history.record({
      client: this.name,
      key,
      returned: Number.POSITIVE_INFINITY,
      ...operation,
    });
  }

  recordRead(key: string, value: string | null, times: Pick<Operation, 'invoked' | 'returned'>): void {
    this.record(key, { kind: 'get', value, ...times, outcome: 'done' });
  }

  async write(key: string, write: Write, asking: Asking): Promise<void> {
    const { history, tally } = this.surroundings;
    const invoked = history.now();
    const answer = await this.ask(asking);
    const outcome = outcomeOf(answer);
    if (outcome === 'refused') tally.count('rule', `${write.kind} judged`);
    if (outcome === 'done' && answer?.headers.etag) history.see(key, answer.headers.etag);
    this.recordWrite(key, { ...write, invoked, outcome });
  }

  /** A write that returns now. */
  recordWrite(key: string, write: Write & Pick<Operation, 'invoked' | 'outcome'>): void {
    const { history, monitor } = this.surroundings;
    const { value, outcome } = write;
    if (outcome === 'done' && value !== null) monitor.acknowledges(key, value);
    const returned = outcome === 'unknown' ? {} : { returned: history.now() };
    this.record(key, { ...write, ...returned });
  }

  /** What the gateway makes an answer of; anything else is none. */
  #spoken(error: unknown): Answer | undefined {
    if (!(error instanceof S3Error)) return undefined;
    this.surroundings.tally.count('rule', `answered ${error.code}`);
    return { status: error.status, headers: {}, body: Buffer.alloc(0), text: '' };
  }

  async #leave(departure: AbortController): Promise<undefined> {
    const { weather } = this.surroundings;
    if (!weather.strike('departures', 0.1, ['client leaves'])) return forever();
    for (let left = weather.random.below(8); left >= 0; left -= 1) await weather.scheduler.pause();
    departure.abort(new Error('the client left'));
    return undefined;
  }
}

export function outcomeOf(answer: Answer | undefined): Outcome {
  if (!answer || answer.status >= 500) return 'unknown';
  return answer.status < 300 ? 'done' : 'refused';
}
