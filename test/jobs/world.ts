import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { BackendUnavailable } from '../../src/backends/backend.js';
import { createMemoryBackend } from '../../src/backends/memory/memory.js';
import type { GatewayParts } from '../../src/gateway/assembly.js';
import type { Config } from '../../src/gateway/config.js';
import { drain, openParts } from '../../src/gateway/gateway.js';
import type { JobWish } from '../../src/jobs/jobs.js';
import { collect } from '../../src/s3/body.js';
import { S3Error } from '../../src/s3/errors.js';
import type { HeaderFields, S3Request, S3Response, S3Service } from '../../src/s3/message.js';
import type { OperationName } from '../../src/s3/operations.js';
import { listStore } from '../../src/shadow/listing/store-page.js';
import type { BucketRecord } from '../../src/state/buckets.js';
import type { JobRecord, JobStatus } from '../../src/state/jobs/job-record.js';
import { type Kv, type KvCommit, KvUnavailable } from '../../src/state/kv.js';
import { systemClock } from '../../src/system/clock.js';
import { createLogger } from '../../src/system/logger.js';
import type { Times } from '../../src/system/times.js';
import { CutKv } from '../gateway/switching/cut-kv.js';
import { MemoryKv } from '../simulation/memory-kv.js';

/** Leases of seconds, so that long stories are short. */
export const SHORT: Times = {
  connectMs: 100,
  firstByteMs: 900,
  idleMs: 900,
  leaseMs: 4_000,
  readLeaseMs: 6_000,
  marginMs: 500,
};

export const NAME = 'photos';
export const OLD = { backend: 'old', bucket: NAME };
export const NEW = { backend: 'new', bucket: NAME };

const MOST_BYTES = 1024 * 1024;

/** A request of the test to a store or a gateway. */
export interface Asked {
  readonly key?: string;
  readonly body?: string;
  readonly headers?: HeaderFields;
  readonly query?: S3Request['query'];
}

/** A gateway without a socket: its routes are asked. */
export interface Member {
  readonly parts: GatewayParts;
  /** What a client is answered: a status, or the code of the error. */
  ask(operation: OperationName, method: string, asked?: Asked): Promise<number | string>;
  text(key: string): Promise<string | number>;
  /** The text of an answer. */
  told(operation: OperationName, method: string, asked: Asked): Promise<string>;
  /** As by `kill -9`: it reaches neither the state nor a store any more. */
  kill(): void;
  close(): Promise<void>;
}

export interface Joining {
  readonly config?: Partial<Config>;
  /** Told of each commit of this gateway before it is made and after; what it throws is what the gateway is told. */
  readonly onCommit?: (commit: KvCommit, when: 'before' | 'after') => void;
}

export interface World {
  readonly kv: MemoryKv;
  readonly logged: Record<string, unknown>[];
  /** A store itself, beside all gateways. */
  readonly stores: Readonly<Record<'old' | 'new', Store>>;
  /** Stands before a store; the store answers where it leaves that undefined. */
  intercept: Partial<Record<'old' | 'new', (request: S3Request) => Promise<S3Response | undefined>>>;
  /** What a store is asked in the place of what gateways ask. */
  rewrite: Partial<Record<'old' | 'new', (request: S3Request) => S3Request>>;
  join(joining?: Joining): Promise<Member>;
  close(): Promise<void>;
}

export interface Store {
  /** What is in it, by key. */
  all(bucket?: string): Promise<Record<string, string>>;
  put(key: string, text: string, headers?: HeaderFields): Promise<void>;
  has(bucket?: string): Promise<boolean>;
  make(bucket?: string): Promise<void>;
}

/** One state, two stores in memory, and as many gateways as join. */
export async function openWorld(): Promise<World> {
  const data = await mkdtemp(join(tmpdir(), 'penumbra-jobs-'));
  const kv = new MemoryKv(systemClock);
  const logged: Record<string, unknown>[] = [];
  const members = new Set<Member>();
  const intercept: World['intercept'] = {};
  const rewrite: World['rewrite'] = {};
  const bare = {
    old: createMemoryBackend({ name: 'old', clock: systemClock }),
    new: createMemoryBackend({ name: 'new', clock: systemClock }),
  };
  const before =
    (name: 'old' | 'new'): S3Service =>
    async (request) =>
      (await intercept[name]?.(request)) ?? bare[name].service(rewrite[name]?.(request) ?? request);
  const storageOf = (life: Life) =>
    new Map(
      (
        [
          ['old', 'old'],
          ['new', 'new'],
          ['alias', 'old'],
        ] as const
      ).map(([called, name]) => {
        const service: S3Service = (request) => {
          if (life.isOver) throw new BackendUnavailable(name, 'reset', false);
          return before(name)(request);
        };
        return [called, { backend: { ...bare[name], name: called, service } }];
      }),
    );
  const world: World = {
    kv,
    logged,
    intercept,
    rewrite,
    stores: { old: storeOf(bare.old.service), new: storeOf(bare.new.service) },
    async join({ config: changes = {}, onCommit = () => undefined } = {}) {
      const life: Life = { isOver: false };
      const config: Config = {
        host: '127.0.0.1',
        port: 0,
        data,
        root: { accessKeyId: 'root', secretAccessKey: 'root-secret' },
        adminPassword: 'open sesame',
        masterKey: Buffer.alloc(32, 7).toString('base64'),
        logLevel: 'info',
        times: SHORT,
        workers: 1,
        backends: [],
        defaultBackend: 'old',
        ...changes,
      };
      const log = createLogger({ stream: { write: (line: string) => logged.push(JSON.parse(line)) } });
      const own = new MortalKv(kv, life, onCommit);
      const storage = storageOf(life);
      const parts = await openParts(config, { clock: systemClock, log, storage, kv: own }, NEVER.signal);
      const member = {
        ...memberOf(parts),
        kill() {
          life.isOver = true;
          own.cut();
          members.delete(member);
        },
      };
      members.add(member);
      return {
        ...member,
        async close() {
          if (members.delete(member)) await member.close();
        },
      };
    },
    async close() {
      await Promise.all([...members].map((member) => member.close()));
      await rm(data, { recursive: true, force: true });
    },
  };
  return world;
}

const NEVER = new AbortController();

interface Life {
  isOver: boolean;
}

/** The state as one gateway reaches it as long as it lives. */
class MortalKv extends CutKv {
  constructor(
    kv: Kv,
    private readonly life: Life,
    private readonly onCommit: NonNullable<Joining['onCommit']>,
  ) {
    super(kv);
  }

  override async commit(commit: KvCommit) {
    if (this.life.isOver) throw new KvUnavailable('killed');
    this.onCommit(commit, 'before');
    const version = await super.commit(commit);
    this.onCommit(commit, 'after');
    return version;
  }
}

function memberOf(parts: GatewayParts): Omit<Member, 'kill'> {
  async function answer(operation: OperationName, method: string, asked: Asked = {}): Promise<S3Response> {
    const route = await parts.routes.find(NAME);
    if (!route) throw new S3Error('NoSuchBucket');
    return route.service(requestOf(operation, method, { bucket: NAME, ...asked }));
  }
  return {
    parts,
    async ask(operation, method, asked) {
      try {
        return (await answer(operation, method, asked)).status;
      } catch (error) {
        if (error instanceof S3Error) return error.code;
        throw error;
      }
    },
    async text(key) {
      const got = await answer('GetObject', 'GET', { key });
      return got.status === 200 ? (await collect(got.body, MOST_BYTES)).toString() : got.status;
    },
    told: async (operation, method, asked) =>
      (await collect((await answer(operation, method, asked)).body, MOST_BYTES)).toString(),
    close: () => drain(parts),
  };
}

export function requestOf(
  operation: OperationName,
  method: string,
  { bucket, key = '', body, headers = {}, query = [] }: Asked & { readonly bucket: string },
): S3Request {
  const bytes = body === undefined ? undefined : Buffer.from(body);
  return {
    operation,
    method,
    bucket,
    key,
    query,
    headers: { ...headers, ...(bytes && { 'content-length': String(bytes.length) }) },
    ...(bytes && { body: bytes }),
    signal: new AbortController().signal,
  };
}

function storeOf(service: S3Service): Store {
  const ask = (operation: OperationName, method: string, asked: Asked & { readonly bucket: string }) =>
    service(requestOf(operation, method, asked));
  return {
    async all(bucket = NAME) {
      const found: Record<string, string> = {};
      const at: S3Service = (request) => service({ ...request, bucket });
      for await (const { key } of listStore(at, NEVER.signal)) {
        const got = await ask('GetObject', 'GET', { bucket, key });
        found[key] = (await collect(got.body, MOST_BYTES)).toString();
      }
      return found;
    },
    async put(key, body, headers = {}) {
      expect((await ask('PutObject', 'PUT', { bucket: NAME, key, body, headers })).status).toBe(200);
    },
    has: async (bucket = NAME) => (await ask('HeadBucket', 'HEAD', { bucket })).status === 200,
    async make(bucket = NAME) {
      await ask('CreateBucket', 'PUT', { bucket });
    },
  };
}

/** The bucket of the tests, at the old place, with objects. */
export async function withBucket(
  world: World,
  objects: Readonly<Record<string, string>> = {},
  config: Partial<Config> = {},
): Promise<Member> {
  const member = await world.join({ config });
  await world.stores.old.make();
  await member.parts.state.buckets.create({
    name: NAME,
    id: 'id-of-photos',
    org: null,
    target: OLD,
    public: false,
    createdAt: '2026-01-01T00:00:00.000Z',
    shadow: null,
    epoch: 0,
    forgetting: false,
    conditionalWrites: { put: true, complete: true, match: true },
  });
  for (const [key, text] of Object.entries(objects)) await world.stores.old.put(key, text);
  return member;
}

export async function recordOf({ parts }: Member): Promise<BucketRecord> {
  const record = await parts.state.buckets.get(NAME);
  if (!record) throw new Error('the bucket is gone');
  return record;
}

export const start = async (member: Member, wish: Partial<JobWish> = {}): Promise<JobRecord> =>
  member.parts.jobs.start(await recordOf(member), { to: NEW, ...wish });

const PATIENCE_MS = 30_000;

/** The job once it is there, or has ended otherwise. */
export async function until(
  { parts }: Pick<Member, 'parts'>,
  id: number,
  status: JobStatus,
  patienceMs = PATIENCE_MS,
): Promise<JobRecord> {
  const over: readonly JobStatus[] = ['succeeded', 'completed_with_errors', 'failed', 'cancelled', status];
  const deadline = systemClock.now() + patienceMs;
  for (;;) {
    const job = await parts.jobs.get(id);
    if (over.includes(job.status) || systemClock.now() > deadline) {
      expect([job.status, job.lastError]).toEqual([status, job.lastError]);
      return job;
    }
    await systemClock.sleep(10);
  }
}
