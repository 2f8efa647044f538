import { readError } from '../../src/s3/xml/error.js';
import type { Operation } from '../simulation/linearizability.js';
import type { Random } from '../simulation/random.js';
import type { Answer, StoreClient } from '../support/store-client.js';
import { type Asking, askAny, type Heard } from './asking.js';
import type { History, WitnessedOperation } from './history.js';
import type { TortureOptions } from './options.js';

export interface Surroundings {
  readonly history: History;
  readonly bucket: string;
  /** In the order in which they are listed. */
  readonly keys: readonly string[];
  /** The bucket through each of the gateways. */
  readonly gateways: readonly StoreClient[];
  readonly random: Random;
  readonly writeThrough: TortureOptions['writeThrough'];
  /** Whether clients sometimes leave before the answer. */
  readonly areRestless: boolean;
}

export type Times = Pick<Operation, 'invoked' | 'returned'>;
export type Write = Pick<Operation, 'kind' | 'value' | 'expected'>;
type Outcome = Operation['outcome'] | 'unsent';

/** One client: asks now this gateway and now that one, and notes what it asked and was told. */
export class Witness {
  constructor(
    private readonly name: string,
    readonly surroundings: Surroundings,
  ) {}

  get random(): Random {
    return this.surroundings.random;
  }

  get history(): History {
    return this.surroundings.history;
  }

  ask(asking: Asking): Promise<Heard> {
    return askAny(this.surroundings, asking);
  }

  async timed(asking: Asking): Promise<Times & { readonly heard: Heard }> {
    const invoked = this.history.now();
    const heard = await this.ask(asking);
    return { heard, invoked, returned: this.history.now() };
  }

  /** Notes what a read was shown; one that failed tells nothing. */
  async read(what: string, key: string, asking: Asking, valueIn: (answer: Answer) => string): Promise<void> {
    const { heard, ...times } = await this.timed(asking);
    const isMissing = isAnswer(heard) && isNotFound(heard);
    this.count(what, isMissing ? 'done' : this.outcomeOf(what, heard));
    if (isMissing) this.noteRead(what, key, null, times);
    if (!isDone(heard)) return;
    this.history.see(key, heard.headers.etag);
    this.noteRead(what, key, valueIn(heard), times);
  }

  async write(what: string, key: string, write: Write, asking: Asking): Promise<void> {
    const { heard, ...times } = await this.timed(asking);
    const outcome = this.outcomeOf(what, heard, write.kind.includes('-if-') ? [412, 404] : []);
    this.count(what, outcome);
    if (outcome === 'done' && isDone(heard)) this.history.see(key, heard.headers.etag);
    if (outcome !== 'unsent') this.note(key, { what, ...write, ...times, outcome });
  }

  noteRead(what: string, key: string, value: string | null, times: Times): void {
    this.note(key, { what, kind: 'get', value, ...times, outcome: 'done' });
  }

  note(key: string, { returned, ...operation }: Omit<WitnessedOperation, 'client'>): void {
    const end = operation.outcome === 'unknown' ? Number.POSITIVE_INFINITY : returned;
    this.history.record(key, { ...operation, client: this.name, returned: end });
  }

  count(what: string, outcome: Outcome): void {
    this.history.count(`${what}, ${outcome}`);
  }

  /** Some statuses say that a condition does not hold. Any other refusal is nothing that a client could deserve. */
  outcomeOf(what: string, heard: Heard, refusals: readonly number[] = []): Outcome {
    if (!isAnswer(heard)) return heard === 'unsent' ? 'unsent' : 'unknown';
    if (heard.status < 300) return 'done';
    if (refusals.includes(heard.status)) return 'refused';
    if (heard.status < 500)
      this.history.wonder(`${what}: ${heard.status} ${readError(heard.body)?.code ?? ''}`);
    return 'unknown';
  }
}

export const isAnswer = (heard: Heard): heard is Answer => typeof heard !== 'string';

export const isDone = (heard: Heard): heard is Answer => isAnswer(heard) && heard.status < 300;

/** The closed list of what says that there is no such object. */
export const isNotFound = ({ status, body }: Answer): boolean =>
  status === 404 && (body.length === 0 || readError(body)?.code === 'NoSuchKey');
