import type { HeaderFields } from '../../src/s3/message.js';
import { type CompletedPart, writeComplete } from '../../src/s3/xml/multipart.js';
import type { Answer, StoreClient } from '../support/store-client.js';

/** An upload as a client makes it, through whichever gateway or store it asks. */
export class Uploading {
  private constructor(
    private readonly client: StoreClient,
    readonly key: string,
    readonly uploadId: string,
    private readonly parts: Map<number, CompletedPart>,
  ) {}

  static async begin(client: StoreClient, key: string, headers: HeaderFields = {}): Promise<Uploading> {
    const { text } = await client.ask('POST', key, { query: 'uploads', headers, body: '' });
    return new Uploading(client, key, /<UploadId>([^<]+)/.exec(text)?.[1] ?? '', new Map());
  }

  /** The same upload, asked of somebody else. */
  by(client: StoreClient, uploadId = this.uploadId): Uploading {
    return new Uploading(client, this.key, uploadId, this.parts);
  }

  /** With parts of its own, so that what it sends is not what the upload's client knows. */
  separate(): Uploading {
    return new Uploading(this.client, this.key, this.uploadId, new Map(this.parts));
  }

  async part(partNumber: number, body: string, headers: HeaderFields = {}): Promise<Answer> {
    const answer = await this.client.ask('PUT', this.key, { query: this.#query(partNumber), headers, body });
    this.parts.set(partNumber, { partNumber, etag: answer.headers.etag ?? '' });
    return answer;
  }

  async copyPart(partNumber: number, headers: HeaderFields): Promise<Answer> {
    const answer = await this.client.ask('PUT', this.key, { query: this.#query(partNumber), headers });
    const etag = /<ETag>(?:&quot;|")?([^<&"]+)/.exec(answer.text)?.[1] ?? '';
    this.parts.set(partNumber, { partNumber, etag });
    return answer;
  }

  list(query = ''): Promise<Answer> {
    return this.client.ask('GET', this.key, { query: `uploadId=${this.uploadId}${query}` });
  }

  abort(): Promise<Answer> {
    return this.client.ask('DELETE', this.key, { query: `uploadId=${this.uploadId}` });
  }

  complete(headers: HeaderFields = {}, signal?: AbortSignal): Promise<Answer> {
    const body = writeComplete([...this.parts.values()]);
    const query = `uploadId=${this.uploadId}`;
    return this.client.ask('POST', this.key, { query, headers, body, ...(signal && { signal }) });
  }

  #query = (partNumber: number) => `partNumber=${partNumber}&uploadId=${this.uploadId}`;
}
