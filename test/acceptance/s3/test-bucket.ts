import { encodeKey } from '../../../src/s3/keys.js';
import type { HeaderFields } from '../../../src/s3/message.js';
import { writeComplete } from '../../../src/s3/xml/multipart.js';
import type { Answer } from './answer.js';
import { ok } from './checks.js';
import type { Asked, Query, S3Http } from './s3-http.js';

/** A bucket by its name, and a client of the store that it is in. */
export interface BucketAt {
  readonly http: S3Http;
  readonly bucket: string;
}

export interface Place extends BucketAt {
  /** Where objects are put that are to be there before a case begins: the bucket itself, or its shadow. */
  readonly fixtures: BucketAt;
  /** A name for a bucket that does not exist yet. */
  readonly newBucketName: () => string;
}

type Body = Buffer | string;

/** Number and ETag. */
export type UploadedPart = readonly [partNumber: number, etag: string];

/**
 * A bucket, or a part of one that no other case touches: every key that a case names lies below the case's prefix, which is
 * empty in a bucket of its own.
 */
export class TestBucket {
  constructor(
    private readonly place: Place,
    readonly prefix: string,
  ) {}

  get name(): string {
    return this.place.bucket;
  }

  get http(): S3Http {
    return this.place.http;
  }

  newBucketName(): string {
    return this.place.newBucketName();
  }

  key(name: string): string {
    return this.prefix + name;
  }

  /** The percent-encoded path of an object. */
  path(name: string): string {
    return `/${this.name}/${encodeKey(this.key(name))}`;
  }

  /** The percent-encoded source of a copy. */
  source(name: string): string {
    return encodeURIComponent(`${this.name}/${this.key(name)}`);
  }

  /** Asks for an object. */
  ask(method: string, name: string, asked: Asked = {}): Promise<Answer> {
    return this.http.ask(method, this.path(name), asked);
  }

  /** Asks for the bucket itself. */
  askBucket(method: string, asked: Asked = {}): Promise<Answer> {
    return this.http.ask(method, `/${this.name}`, asked);
  }

  put(name: string, body: Body, headers: HeaderFields = {}): Promise<Answer> {
    return this.ask('PUT', name, { body, headers });
  }

  get(name: string, headers: HeaderFields = {}): Promise<Answer> {
    return this.ask('GET', name, { headers });
  }

  head(name: string, headers: HeaderFields = {}): Promise<Answer> {
    return this.ask('HEAD', name, { headers });
  }

  delete(name: string, query: Query = {}): Promise<Answer> {
    return this.ask('DELETE', name, { query });
  }

  /** The text of an object that is there. */
  async text(name: string): Promise<string> {
    return ok(await this.get(name)).text;
  }

  /** Has an object be there before the case begins; returns its ETag. */
  async fixture(name: string, body: Body = name, headers: HeaderFields = {}): Promise<string> {
    const { http, bucket } = this.place.fixtures;
    const path = `/${bucket}/${encodeKey(this.key(name))}`;
    return ok(await http.ask('PUT', path, { body, headers })).headers.etag ?? '';
  }

  /** Has objects be there, each with its own name for a text. */
  async fixtures(...names: readonly string[]): Promise<void> {
    await Promise.all(names.map((name) => this.fixture(name)));
  }

  /** Has an object be there that was uploaded in parts; returns its ETag. */
  async fixtureInParts(name: string, parts: readonly Body[]): Promise<string> {
    const there = new TestBucket({ ...this.place, ...this.place.fixtures }, this.prefix);
    await there.upload(name, parts);
    return ok(await there.head(name)).headers.etag ?? '';
  }

  /** ListObjectsV2 of what the case has; names in the query are the case's own. */
  list(query: Query = {}): Promise<Answer> {
    return this.askBucket('GET', { query: this.listed({ 'list-type': '2', ...query }) });
  }

  /** ListObjects of what the case has. */
  listV1(query: Query = {}): Promise<Answer> {
    return this.askBucket('GET', { query: this.listed(query) });
  }

  /** ListObjectVersions of what the case has. */
  listVersions(query: Query = {}): Promise<Answer> {
    return this.askBucket('GET', { query: this.listed({ versions: '', ...query }) });
  }

  /** ListMultipartUploads of what the case has. */
  listUploads(query: Query = {}): Promise<Answer> {
    return this.askBucket('GET', { query: this.listed({ uploads: '', ...query }) });
  }

  /** The names at a path of an answer, as the case gave them. */
  names(answer: Answer, path = 'Contents/Key'): string[] {
    return answer.texts(path).map((key) => this.nameOf(key));
  }

  nameOf(key: string | undefined): string {
    return key?.startsWith(this.prefix) ? key.slice(this.prefix.length) : `not below the prefix: ${key}`;
  }

  /** The part of this bucket below a prefix. */
  below(prefix: string): TestBucket {
    return new TestBucket(this.place, this.prefix + prefix);
  }

  private listed(query: Query): Query {
    const named = ['marker', 'start-after', 'key-marker'].filter((name) => query[name]);
    return {
      ...query,
      ...Object.fromEntries(named.map((name) => [name, this.key(query[name] ?? '')])),
      ...(this.prefix + (query.prefix ?? '') !== '' && { prefix: this.key(query.prefix ?? '') }),
    };
  }

  /** Begins an upload in parts; returns its id. */
  async begin(name: string, headers: HeaderFields = {}): Promise<string> {
    const answer = ok(await this.ask('POST', name, { query: { uploads: '' }, headers }));
    return answer.value('UploadId') ?? '';
  }

  askPart(name: string, uploadId: string, partNumber: number | string, asked: Asked = {}): Promise<Answer> {
    return this.ask('PUT', name, { ...asked, query: { partNumber: String(partNumber), uploadId } });
  }

  /** Uploads a part; returns what Complete needs of it. */
  async part(name: string, uploadId: string, partNumber: number, body: Body): Promise<UploadedPart> {
    const { headers } = ok(await this.askPart(name, uploadId, partNumber, { body }));
    return [partNumber, headers.etag ?? ''];
  }

  complete(
    name: string,
    uploadId: string,
    parts: readonly UploadedPart[],
    headers: HeaderFields = {},
  ): Promise<Answer> {
    const body = writeComplete(parts.map(([partNumber, etag]) => ({ partNumber, etag })));
    return this.ask('POST', name, { query: { uploadId }, body, headers });
  }

  /** Uploads an object in these parts; returns the answer to Complete. */
  async upload(name: string, parts: readonly Body[], headers: HeaderFields = {}): Promise<Answer> {
    const uploadId = await this.begin(name, headers);
    const uploaded: UploadedPart[] = [];
    for (const [index, body] of parts.entries()) {
      uploaded.push(await this.part(name, uploadId, index + 1, body));
    }
    return ok(await this.complete(name, uploadId, uploaded));
  }
}
