import { parseQuery } from '../../src/s3/address.js';
import { collect } from '../../src/s3/body.js';
import type { HeaderFields, S3Body, S3Response, S3Service } from '../../src/s3/message.js';
import { operationOf } from '../../src/s3/operations.js';
import { readListing } from '../../src/s3/xml/listing.js';

export interface Answer {
  readonly status: number;
  readonly headers: HeaderFields;
  readonly body: Buffer;
  readonly text: string;
}

interface Asked {
  readonly query?: string;
  readonly headers?: HeaderFields;
  readonly body?: S3Body | string;
  readonly bucket?: string;
  readonly signal?: AbortSignal;
}

/** Asks a service as the gateway would, and reads the answer to its end. */
export class StoreClient {
  constructor(
    private readonly service: S3Service,
    private readonly bucket: string,
  ) {}

  async open(method: string, key: string, asked: Asked = {}): Promise<S3Response> {
    const { bucket = this.bucket } = asked;
    const query = parseQuery(asked.query ?? '');
    const body = typeof asked.body === 'string' ? Buffer.from(asked.body) : asked.body;
    const length = Buffer.isBuffer(body) ? { 'content-length': String(body.length) } : {};
    const headers = { ...length, ...asked.headers };
    return this.service({
      operation: operationOf({ method, bucket, key, query, headers }),
      method,
      bucket,
      key,
      query,
      headers,
      signal: asked.signal ?? new AbortController().signal,
      ...(body === undefined ? {} : { body }),
    });
  }

  async ask(method: string, key: string, asked: Asked = {}): Promise<Answer> {
    const answer = await this.open(method, key, asked);
    const body = await read(answer);
    return { status: answer.status, headers: answer.headers, body, text: body.toString('utf8') };
  }

  async put(key: string, body: string | Buffer, headers: HeaderFields = {}): Promise<Answer> {
    return this.ask('PUT', key, { body, headers });
  }

  /** The object as text, or its absence as undefined. */
  async text(key: string): Promise<string | undefined> {
    const { status, text } = await this.ask('GET', key);
    return status === 404 ? undefined : text;
  }

  async keys(query = ''): Promise<string[]> {
    const keys: string[] = [];
    let token = '';
    do {
      const page = readListing(
        (await this.ask('GET', '', { query: `list-type=2&encoding-type=url&${query}${token}` })).body,
      );
      keys.push(...page.objects.map(({ key }) => key));
      token = page.nextContinuationToken
        ? `&continuation-token=${encodeURIComponent(page.nextContinuationToken)}`
        : '';
    } while (token);
    return keys;
  }
}

export const read = ({ body }: Pick<S3Response, 'body'>): Promise<Buffer> =>
  collect(body, Number.POSITIVE_INFINITY);
