import { S3Error } from '../../src/s3/errors.js';
import { readCopyResult } from '../../src/s3/xml/copy.js';
import { readDeleteResult, writeDelete } from '../../src/s3/xml/delete.js';
import { readListing } from '../../src/s3/xml/listing.js';
import { readCompleteResult, readInitiateResult, writeComplete } from '../../src/s3/xml/multipart.js';
import type { Answer, StoreClient } from '../support/store-client.js';
import type { History } from './history.js';
import { forever } from './life.js';
import type { Operation } from './linearizability.js';
import { upload } from './upload.js';
import type { Weather } from './weather.js';
import type { SimulatedGateway } from './world.js';

type Asking = (client: StoreClient, signal: AbortSignal) => Promise<Answer>;

type Write = Pick<Operation, 'kind' | 'value' | 'expected'>;

/** One client of one gateway: asks, and notes what it asked and was told. */
export class Client {
  constructor(
    private readonly name: string,
    private readonly gateway: SimulatedGateway,
    private readonly surroundings: {
      readonly history: History;
      readonly weather: Weather;
      readonly keys: readonly string[];
    },
  ) {}

  get(key: string): Promise<void> {
    return this.#read(key, 'GET', {}, ({ text }) => text);
  }

  head(key: string): Promise<void> {
    const { history } = this.surroundings;
    return this.#read(key, 'HEAD', {}, ({ headers }) => history.valueOf(headers.etag ?? ''));
  }

  range(key: string): Promise<void> {
    const { history } = this.surroundings;
    return this.#read(key, 'GET', { range: 'bytes=2-' }, ({ text }) => history.valueEnding(text));
  }

  /** A listing tells of every key what a read would. */
  async list(): Promise<void> {
    const { history, keys } = this.surroundings;
    const invoked = history.now();
    const answer = await this.#ask((client, signal) =>
      client.ask('GET', '', { query: 'list-type=2', signal }),
    );
    if (answer?.status !== 200) return;
    const listed = new Map(readListing(answer.body).objects.map(({ key, etag }) => [key, etag]));
    const returned = history.now();
    for (const key of keys) {
      const etag = listed.get(key);
      const value = etag === undefined ? null : history.valueOf(etag);
      this.#noteRead(key, value, { invoked, returned });
    }
  }

  async sweep(key: string): Promise<void> {
    await this.#unlessDead(this.gateway.bucket.migrate(key));
  }

  /** For a moment, or until what dead gateways held has run out. */
  rest(): Promise<void> {
    const { random, scheduler } = this.surroundings.weather;
    return scheduler.sleep(random.pick([1_000, 30_000, 200_000]));
  }

  put(key: string): Promise<void> {
    return this.#put(key, { kind: 'put' });
  }

  putIfAbsent(key: string): Promise<void> {
    return this.#put(key, { kind: 'put-if-absent', headers: { 'if-none-match': '*' } });
  }

  putIfMatch(key: string): Promise<void> {
    const etag = this.surroundings.history.lastSeen(key);
    if (etag === undefined) return this.put(key);
    const expected = this.surroundings.history.valueOf(etag);
    return this.#put(key, { kind: 'put-if-match', expected, headers: { 'if-match': etag } });
  }

  delete(key: string): Promise<void> {
    return this.#write(key, { kind: 'delete', value: null }, (client, signal) =>
      client.ask('DELETE', key, { signal }),
    );
  }

  deleteIfMatch(key: string): Promise<void> {
    const etag = this.surroundings.history.lastSeen(key);
    if (etag === undefined) return this.delete(key);
    const expected = this.surroundings.history.valueOf(etag);
    return this.#write(key, { kind: 'delete-if-match', value: null, expected }, (client, signal) =>
      client.ask('DELETE', key, { headers: { 'if-match': etag }, signal }),
    );
  }

  async deleteAll(): Promise<void> {
    const { history, keys } = this.surroundings;
    const invoked = history.now();
    const body = writeDelete({ objects: keys.map((key) => ({ key })), quiet: false });
    const answer = await this.#ask((client, signal) =>
      client.ask('POST', '', { query: 'delete', body, signal }),
    );
    const deleted = answer?.status === 200 ? readDeleteResult(answer.body).deleted.map(({ key }) => key) : [];
    const returned = history.now();
    for (const key of keys) {
      const outcome = deleted.includes(key) ? 'done' : 'unknown';
      const operation = { client: this.name, kind: 'delete', key, value: null, invoked, outcome } as const;
      history.record({ ...operation, returned: outcome === 'done' ? returned : Number.POSITIVE_INFINITY });
    }
  }

  /** An upload in parts is a write from when it is to be completed. */
  async putInParts(key: string): Promise<void> {
    const value = this.surroundings.history.newValue(key);
    const created = await this.#ask((client, signal) =>
      client.ask('POST', key, { query: 'uploads', signal }),
    );
    if (created?.status !== 200) return;
    const query = `uploadId=${encodeURIComponent(readInitiateResult(created.body).uploadId)}`;
    const part = await this.#ask((client, signal) =>
      client.ask('PUT', key, { query: `partNumber=1&${query}`, body: value, signal }),
    );
    if (part?.status !== 200) return;
    const body = writeComplete([{ partNumber: 1, etag: part.headers.etag ?? '' }]);
    await this.#write(key, { kind: 'put', value }, async (client, signal) => {
      const answer = await client.ask('POST', key, { query, body, signal });
      const isLateError = answer.status === 200 && 'error' in readCompleteResult(answer.body);
      return isLateError ? { ...answer, status: 500 } : answer;
    });
  }

  /** The gateway brings the source over before the target copies it. */
  async copy(key: string): Promise<void> {
    const { history, keys, weather } = this.surroundings;
    const source = weather.random.pick(keys.filter((other) => other !== key));
    const invoked = history.now();
    const found = await this.#unlessDead(this.gateway.bucket.migrate(source));
    if (found === undefined || found.state === 'failed' || found.state === 'superseded') return;
    const headers = { 'x-amz-copy-source': `target/${source}` };
    const answer = await this.#ask((client, signal) => client.ask('PUT', key, { headers, signal }));
    if (answer?.status === 404) {
      this.#noteRead(source, null, { invoked, returned: history.now() });
      return;
    }
    const value = answer?.status === 200 ? this.#copied(answer) : null;
    const returned = value === null ? Number.POSITIVE_INFINITY : history.now();
    if (value !== null) this.#noteRead(source, value, { invoked, returned });
    const outcome = value === null ? 'unknown' : 'done';
    history.record({ client: this.name, kind: 'copy', key, value, invoked, returned, outcome });
  }

  #copied(answer: Answer): string | null {
    const result = readCopyResult(answer.body);
    return 'error' in result ? null : this.surroundings.history.valueOf(result.etag);
  }

  async #read(
    key: string,
    method: 'GET' | 'HEAD',
    headers: Record<string, string>,
    valueIn: (answer: Answer) => string,
  ): Promise<void> {
    const { history } = this.surroundings;
    const invoked = history.now();
    const answer = await this.#ask((client, signal) => client.ask(method, key, { headers, signal }));
    const isThere = answer?.status === 200 || answer?.status === 206;
    if (!answer || (!isThere && answer.status !== 404)) return;
    if (isThere && method === 'GET' && Number(answer.headers['content-length']) !== answer.body.length)
      return;
    if (isThere) history.see(key, answer.headers.etag ?? '');
    this.#noteRead(key, isThere ? valueIn(answer) : null, { invoked, returned: history.now() });
  }

  #noteRead(key: string, value: string | null, times: Pick<Operation, 'invoked' | 'returned'>): void {
    this.surroundings.history.record({
      client: this.name,
      kind: 'get',
      key,
      value,
      ...times,
      outcome: 'done',
    });
  }

  /** What broke off on its way must never take effect, so it is no operation of the history. */
  async #put(
    key: string,
    { headers, ...write }: Omit<Write, 'value'> & { headers?: Record<string, string> },
  ): Promise<void> {
    const { history, weather } = this.surroundings;
    const value = history.newValue(key);
    const broken = weather.strike('bodies', 0.2, ['upload breaks off']) !== undefined;
    const send: Asking = (client, signal) => {
      const body = upload(value, broken, weather.scheduler);
      return client.ask('PUT', key, {
        body,
        headers: { ...headers, 'content-length': String(value.length) },
        signal,
      });
    };
    if (broken) await this.#ask(send);
    else await this.#write(key, { ...write, value }, send);
  }

  async #write(key: string, write: Write, asking: Asking): Promise<void> {
    const { history } = this.surroundings;
    const invoked = history.now();
    const answer = await this.#ask(asking);
    const outcome = outcomeOf(answer);
    const returned = outcome === 'unknown' ? Number.POSITIVE_INFINITY : history.now();
    if (outcome === 'done' && answer?.headers.etag) history.see(key, answer.headers.etag);
    history.record({ client: this.name, key, ...write, invoked, returned, outcome });
  }

  /** Undefined when there was no answer, or nobody to hear it. */
  #ask(asking: Asking): Promise<Answer | undefined> {
    const departure = new AbortController();
    const answer = asking(this.gateway.client, departure.signal).catch(spoken);
    return this.#unlessDead(Promise.race([answer, this.#leave(departure)]));
  }

  async #leave(departure: AbortController): Promise<undefined> {
    const { weather } = this.surroundings;
    if (!weather.strike('departures', 0.1, ['client leaves'])) return forever();
    for (let left = weather.random.below(8); left >= 0; left -= 1) await weather.scheduler.pause();
    departure.abort(new Error('the client left'));
    return undefined;
  }

  #unlessDead<T>(answer: Promise<T>): Promise<T | undefined> {
    return Promise.race([answer, this.gateway.life.ended.then(() => undefined)]);
  }
}

/** What the gateway makes an answer of; anything else is none. */
function spoken(error: unknown): Answer | undefined {
  if (!(error instanceof S3Error)) return undefined;
  return { status: error.status, headers: {}, body: Buffer.alloc(0), text: '' };
}

function outcomeOf(answer: Answer | undefined): Operation['outcome'] {
  if (!answer || answer.status >= 500) return 'unknown';
  return answer.status < 300 ? 'done' : 'refused';
}
