import { readCopyResult } from '../../../src/s3/xml/copy.js';
import { readError } from '../../../src/s3/xml/error.js';
import { readCompleteResult, readInitiateResult, writeComplete } from '../../../src/s3/xml/multipart.js';
import { readListParts } from '../../../src/s3/xml/parts.js';
import type { Answer, StoreClient } from '../../support/store-client.js';
import { upload } from '../upload.js';
import { type Asking, type Client, type Heard, type Outcome, outcomeOf } from './client.js';
import { rest } from './rest.js';

/** How often a request is sent that was not answered, or with a fault of the server, as SDKs do. */
const ATTEMPTS = 3;

type Asked = NonNullable<Parameters<StoreClient['ask']>[2]>;

interface SentPart {
  readonly value: string;
  readonly etag: string;
}

/** One upload of one client, each request of it through whichever gateway. */
export class MultipartUpload {
  readonly #parts = new Map<number, SentPart>();
  /** Whether each part was taken at the first attempt: a request that was not answered may still replace a later one. */
  #isCertain = true;

  private constructor(
    private readonly client: Client,
    private readonly key: string,
    private readonly id: string,
  ) {}

  /** Undefined when the client was not told of one. */
  static async begin(client: Client, key: string): Promise<MultipartUpload | undefined> {
    const created = await client
      .elsewhere()
      .ask((store, signal) => store.ask('POST', key, { query: 'uploads', signal }));
    if (created?.status !== 200) return undefined;
    return new MultipartUpload(client, key, encodeURIComponent(readInitiateResult(created.body).uploadId));
  }

  /** What the upload makes an object of, as far as it has come. */
  get value(): string {
    return this.#sorted.map(([, { value }]) => value).join('');
  }

  /** Whether the part is there now, in place of one that was there before. */
  async send(partNumber: number, value: string): Promise<boolean> {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      const answer = await this.#sendOnce(partNumber, value);
      if (answer?.status === 200) {
        this.#parts.set(partNumber, { value, etag: answer.headers.etag ?? '' });
        return true;
      }
      this.#isCertain = false;
    }
    return false;
  }

  /** The value of `source`, or null where it is none, which is a part now; undefined where the copy failed. */
  async copy(partNumber: number, source: string): Promise<string | null | undefined> {
    const through = this.client.elsewhere();
    if (!(await through.bringOver(source))) return undefined;
    const headers = { 'x-amz-copy-source': `target/${source}` };
    const answer = await through.ask(this.#asking('PUT', { query: `partNumber=${partNumber}&`, headers }));
    if (answer?.status === 404 && readError(answer.body)?.code === 'NoSuchKey') return null;
    const result = answer?.status === 200 ? readCopyResult(answer.body) : undefined;
    if (result === undefined || 'error' in result) return undefined;
    const value = this.client.surroundings.history.valueOf(result.etag);
    this.#parts.set(partNumber, { value, etag: result.etag });
    return value;
  }

  /** ListParts has to show what was sent last. */
  async check(): Promise<void> {
    const { monitor, tally } = this.client.surroundings;
    const answer = await this.client.elsewhere().ask(this.#asking('GET'));
    if (answer?.status === 404) monitor.note(`an upload of ${this.key} is gone`);
    if (answer?.status !== 200 || !this.#isCertain) return;
    tally.count('rule', 'parts listed');
    const listed = readListParts(answer.body).parts.map((part) => `${part.partNumber} ${part.etag}`);
    const sent = this.#sorted.map(([partNumber, { etag }]) => `${partNumber} ${etag}`);
    if (listed.join() !== sent.join())
      monitor.note(`of an upload of ${this.key} not the last parts are listed`);
  }

  /** Repeated while nobody knows what came of it: it is done if any attempt was, and refused if the first one was. */
  async complete(): Promise<Outcome> {
    const { history, tally } = this.client.surroundings;
    history.know(
      this.value,
      this.#sorted.map(([, { value }]) => value),
    );
    const parts = this.#sorted.map(([partNumber, { etag }]) => ({ partNumber, etag }));
    const completing = this.#asking('POST', { body: writeComplete(parts) });
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      if (attempt > 1) await rest(this.client);
      const outcome = outcomeOf(unlessLateError(await this.client.elsewhere().ask(completing)));
      if (attempt > 1) tally.count('rule', `a repeated Complete was ${outcome}`);
      if (outcome === 'done' || (attempt === 1 && outcome === 'refused')) return outcome;
      if (outcome === 'refused') break;
    }
    return 'unknown';
  }

  /** Sent once. */
  async abort(): Promise<Outcome> {
    return outcomeOf(await this.client.elsewhere().ask(this.#asking('DELETE')));
  }

  get #sorted(): [number, SentPart][] {
    return [...this.#parts].sort(([one], [other]) => one - other);
  }

  #sendOnce(partNumber: number, value: string): Promise<Heard | undefined> {
    const through = this.client.elsewhere();
    const broken = through.surroundings.weather.strike('bodies', 0.1, ['upload breaks off']) !== undefined;
    const headers = { 'content-length': String(value.length) };
    const body = upload(value, broken, through.life);
    return through.ask(this.#asking('PUT', { query: `partNumber=${partNumber}&`, headers, body }));
  }

  #asking(method: string, { query = '', ...asked }: Asked = {}): Asking {
    return (store, signal) =>
      store.ask(method, this.key, { ...asked, query: `${query}uploadId=${this.id}`, signal });
  }
}

/** An error that comes late comes after status 200. */
function unlessLateError(answer: Answer | undefined): Answer | undefined {
  const isError = answer?.status === 200 && 'error' in readCompleteResult(answer.body);
  return answer && isError ? { ...answer, status: 500 } : answer;
}
