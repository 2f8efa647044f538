import { Agent, type ClientRequest, type IncomingMessage, type RequestOptions, request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { encodeQuery } from '../../../src/s3/keys.js';
import type { HeaderFields, QueryParameter } from '../../../src/s3/message.js';
import { presignUrl } from '../../../src/s3/sigv4/presign.js';
import { signRequest } from '../../../src/s3/sigv4/sign.js';
import type { Account } from '../../support/bucket-client.js';
import { sha256 } from '../../support/sigv4.js';
import { Answer } from './answer.js';

export type Query = Readonly<Record<string, string>>;

export interface Asked {
  readonly query?: Query;
  readonly headers?: HeaderFields;
  readonly body?: Buffer | string;
  /** What is signed in the place of the body's hash. */
  readonly payloadHash?: string;
  /** Milliseconds since the epoch at which it is signed; now unless it is said. */
  readonly signedAt?: number;
  /** In the place of the account's own. */
  readonly credentials?: Pick<Account, 'accessKeyId' | 'secretAccessKey'>;
}

/** A request as it goes over the wire. */
export interface WireRequest {
  readonly method: string;
  /** Path and query, as they are sent. */
  readonly target: string;
  readonly headers: HeaderFields;
  readonly body?: Buffer;
  /** Bodies are announced by their length unless they are sent in chunks. */
  readonly chunked?: boolean;
}

export interface ToPresign {
  readonly method: string;
  readonly path: string;
  readonly query?: Query;
  readonly headers?: HeaderFields;
  /** Seconds; an hour unless it is said. */
  readonly expiresIn?: number;
  /** Milliseconds since the epoch. */
  readonly signedAt?: number;
}

const TIMEOUT_MS = 30_000;

/** As patient as an SDK is with SlowDown. */
const SLOW_DOWNS = 150;
const SLOW_DOWN_MS = 200;

/** S3 over HTTP with nothing in between: what is asked is what is sent. */
export class S3Http {
  private readonly agent = new Agent({ keepAlive: true });

  constructor(readonly account: Account) {}

  get host(): string {
    return new URL(this.account.endpoint).host;
  }

  /** Signs a request and sends it, and again for as long as the answer is SlowDown. `path` is percent-encoded. */
  async ask(method: string, path: string, asked: Asked = {}): Promise<Answer> {
    for (let attempt = 1; ; attempt += 1) {
      const answer = await this.send(this.sign(method, path, asked));
      if (answer.status !== 503 || answer.value('Code') !== 'SlowDown' || attempt === SLOW_DOWNS)
        return answer;
      await sleep(SLOW_DOWN_MS);
    }
  }

  sign(method: string, path: string, asked: Asked = {}): WireRequest {
    const { query = {}, payloadHash, signedAt = Date.now() } = asked;
    const body = asked.body === undefined ? undefined : Buffer.from(asked.body);
    const parameters = Object.entries(query);
    const headers = { ...asked.headers, host: this.host };
    const signature = signRequest({
      method,
      path,
      query: parameters,
      headers,
      payloadHash: payloadHash ?? sha256(body ?? ''),
      credentials: asked.credentials ?? this.account,
      region: this.account.region,
      now: signedAt,
    });
    return {
      method,
      target: targetOf(path, parameters),
      headers: { ...headers, ...signature },
      ...(body && { body }),
    };
  }

  /** The path and query of a URL that carries its own signature. */
  presign({ method, path, query = {}, headers = {}, expiresIn = 3600, signedAt }: ToPresign): string {
    const url = presignUrl({
      method,
      origin: this.account.endpoint,
      path,
      query: Object.entries(query),
      headers,
      expiresIn,
      credentials: this.account,
      region: this.account.region,
      now: signedAt ?? Date.now(),
    });
    return url.slice(this.account.endpoint.length);
  }

  /** Sends a request as it stands. */
  async send({ method, target, headers, body, chunked = false }: WireRequest): Promise<Answer> {
    const { hostname, port } = new URL(this.account.endpoint);
    const hasBody = method === 'PUT' || method === 'POST' || body !== undefined;
    const framing = hasBody && !chunked ? { 'content-length': String(body?.length ?? 0) } : {};
    const options = { hostname, port, method, path: target, headers: { ...framing, ...headers } };
    const answer = await this.exchange(options, body);
    return new Answer(answer.statusCode ?? 0, joined(answer), await buffer(answer));
  }

  private exchange(options: RequestOptions, body: Buffer | undefined): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const sent = request({ ...options, agent: this.agent, timeout: TIMEOUT_MS }, resolve);
      sent.on('timeout', () => sent.destroy(new Error(`no answer to ${options.method} ${options.path}`)));
      sent.on('error', reject);
      if (sent.getHeader('expect') === undefined) sent.end(body);
      else sendWhenAskedFor(sent, body);
    });
  }

  close(): void {
    this.agent.destroy();
  }
}

/** RFC 9110, 10.1.1. A connection on which the body was not asked for serves no other request. */
function sendWhenAskedFor(sent: ClientRequest, body: Buffer | undefined): void {
  sent.flushHeaders();
  sent.once('continue', () => sent.end(body));
  sent.once('response', (answer) => {
    if (!sent.writableEnded) answer.once('end', () => sent.destroy());
  });
}

function targetOf(path: string, query: readonly QueryParameter[]): string {
  return query.length === 0 ? path : `${path}?${encodeQuery(query)}`;
}

function joined({ headers }: IncomingMessage): HeaderFields {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, [value].flat().join(', ')]),
  );
}
