import { mkdtemp, rm } from 'node:fs/promises';
import { type IncomingHttpHeaders, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { S3Client } from '@aws-sdk/client-s3';
import type { Backend } from '../../src/backends/backend.js';
import { createMemoryBackend } from '../../src/backends/memory/memory.js';
import type { Config } from '../../src/gateway/config.js';
import { type Gateway, startGateway } from '../../src/gateway/gateway.js';
import { parseQuery } from '../../src/s3/address.js';
import { encodeKey } from '../../src/s3/keys.js';
import type { S3Service } from '../../src/s3/message.js';
import { type Credentials, signRequest } from '../../src/s3/sigv4/sign.js';
import type { Clock } from '../../src/system/clock.js';
import { systemClock } from '../../src/system/clock.js';
import { createLogger } from '../../src/system/logger.js';
import { TIMES } from '../../src/system/times.js';
import { sha256 } from '../support/sigv4.js';

export const ROOT: Credentials = { accessKeyId: 'root', secretAccessKey: 'root-secret' };

const PASSWORD = 'open sesame';

export interface RawRequest {
  readonly method?: string;
  /** The request target, sent as it stands. */
  readonly target: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** Root's unless given; null sends the request without a signature. */
  readonly credentials?: Credentials | null;
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface TestGateway extends Gateway {
  /** What the gateway logged, a record for each line. */
  readonly logged: Record<string, unknown>[];
  /** The backend `main`, which is the default; there is a second one, `other`. */
  readonly main: Backend;
  send(request: RawRequest): Promise<RawAnswer>;
  sdk(credentials?: Credentials): S3Client;
  /** What the admin API answers to a path below its own, logged in; rejects when it refuses. */
  admin(method: string, path: string, body?: unknown): Promise<Record<string, unknown>>;
  createBucket(name: string, settings?: BucketSettings): Promise<Credentials>;
  createKey(bucket: string, role: 'admin' | 'editor' | 'readonly'): Promise<Credentials>;
}

export interface BucketSettings {
  readonly public?: boolean;
  readonly target_bucket?: string;
  readonly backend?: string;
  readonly shadow?: Readonly<Record<string, unknown>>;
}

export interface TestGatewayOptions {
  readonly config?: Partial<Config>;
  readonly clock?: Clock;
  /** Stands between the gateway and its default backend. */
  readonly filter?: (service: S3Service) => S3Service;
}

/** A gateway over memory, in this process, on a free port. `close` removes all that it kept. */
export async function startTestGateway(options: TestGatewayOptions = {}): Promise<TestGateway> {
  const { clock = systemClock, filter = (service) => service } = options;
  const data = await mkdtemp(join(tmpdir(), 'penumbra-gateway-'));
  const logged: Record<string, unknown>[] = [];
  const log = createLogger({ stream: { write: (line: string) => logged.push(JSON.parse(line)) } });
  const memory = createMemoryBackend({ name: 'main', clock });
  const main = { ...memory, service: filter(memory.service) };
  const storage = new Map(
    [main, createMemoryBackend({ name: 'other', clock })].map((backend) => [backend.name, { backend }]),
  );
  const config: Config = {
    host: '127.0.0.1',
    port: 0,
    data,
    root: ROOT,
    adminPassword: PASSWORD,
    logLevel: 'info',
    times: TIMES,
    workers: 1,
    backends: [],
    defaultBackend: 'main',
    ...options.config,
  };
  const gateway = await startGateway(config, { clock, log, storage });
  const admin = adminClient(gateway.url);
  return {
    ...gateway,
    logged,
    main,
    send: (raw) => send(gateway.port, raw),
    sdk: (credentials = ROOT) =>
      new S3Client({
        endpoint: gateway.url,
        region: 'eu-north-7',
        credentials,
        forcePathStyle: true,
        maxAttempts: 1,
      }),
    admin,
    createBucket: async (name, settings) =>
      credentialsOf(await admin('POST', '/buckets', { name, ...settings })),
    createKey: async (bucket, role) =>
      credentialsOf(await admin('POST', `/buckets/${bucket}/keys`, { role })),
    async close() {
      await gateway.close();
      await rm(data, { recursive: true, force: true });
    },
  };
}

async function send(
  port: number,
  { method = 'GET', target, body, credentials = ROOT, ...rest }: RawRequest,
): Promise<RawAnswer> {
  const headers: Record<string, string> = { host: `127.0.0.1:${port}`, ...rest.headers };
  if (body !== undefined) headers['content-length'] ??= String(Buffer.byteLength(body));
  const signed = credentials === null ? {} : sign({ method, target, headers, body, credentials });
  return new Promise((resolve, reject) => {
    const outgoing = request({
      host: '127.0.0.1',
      port,
      method,
      path: target,
      headers: { ...headers, ...signed },
    });
    outgoing.on('error', reject).on('response', async (answer) => {
      const text = (await buffer(answer)).toString();
      resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text });
    });
    outgoing.end(body);
  });
}

export interface ToSign {
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Buffer | undefined;
  readonly credentials?: Credentials;
}

/** The fields that sign a request; a payload hash in the headers is signed as it stands. */
export function sign({
  method,
  target,
  headers,
  body = '',
  credentials = ROOT,
}: ToSign): Record<string, string> {
  const [path = '', query = ''] = target.split('?');
  return {
    ...signRequest({
      method,
      path: encodeKey(decodeURIComponent(path)),
      query: parseQuery(query),
      headers,
      payloadHash: headers['x-amz-content-sha256'] ?? sha256(body),
      credentials,
      region: 'eu-north-7',
      now: systemClock.now(),
    }),
  };
}

function adminClient(url: string): TestGateway['admin'] {
  const base = `${url}/_/api/admin`;
  const ask = (method: string, path: string, body: unknown, headers = {}) =>
    fetch(base + path, {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  return async function admin(method, path, body) {
    const login = await ask('POST', '/login', { password: PASSWORD });
    const answer = await ask(method, path, body, { cookie: login.headers.getSetCookie().join('; ') });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text === '' ? {} : JSON.parse(text);
  };
}

function credentialsOf(answer: Record<string, unknown>): Credentials {
  return { accessKeyId: String(answer.access_key_id), secretAccessKey: String(answer.secret_access_key) };
}
