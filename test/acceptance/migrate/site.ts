import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BegunMigrationJson, JobJson } from '../../../src/gateway/admin/job-schemas.js';
import type { BucketJson, CreatedBucketJson } from '../../../src/gateway/admin/schemas.js';
import { type FaultProxy, startFaultProxy } from '../../support/fault-proxy.js';
import { type PenumbraServer, penumbra, startPenumbra } from '../../support/penumbra.js';
import { freePort } from '../../support/ports.js';
import { type FinishedProcess, run } from '../../support/processes.js';
import { sharedRgw } from '../../support/shared-rgw.js';

const PASSWORD = 'password-of-the-tests';
const POLL_MS = 100;
const OVER: ReadonlySet<string> = new Set(['succeeded', 'completed_with_errors', 'failed', 'cancelled']);

/** What `curl` was answered. */
export interface Curled {
  readonly status: number;
  readonly text: string;
}

/** A bucket as the guide has it, and the aws command for it. */
export interface Archive {
  readonly name: string;
  aws(...args: string[]): Promise<FinishedProcess>;
}

/** A gateway with the two backends of the guide, used as the guide does: by `curl` and `aws`. */
export interface Site {
  readonly url: string;
  /** Stands before hetzner-fsn1. */
  readonly proxy: FaultProxy;
  curl(...args: string[]): Promise<Curled>;
  /** By `curl -b cookies`, below `/_/api/admin`; rejects unless it succeeds. */
  admin<T>(method: 'GET' | 'POST', path: string, body?: object): Promise<T>;
  /** What `curl` needs to read the events of jobs. */
  eventsOf(): readonly string[];
  /** A command as a process of its own. */
  penumbra(...args: string[]): Promise<FinishedProcess>;
  createBucket(): Promise<Archive>;
  /** The aws command for hetzner-fsn1 itself. */
  awsThere(...args: string[]): Promise<FinishedProcess>;
  migrate(name: string, wish?: object): Promise<BegunMigrationJson>;
  job(id: string): Promise<JobJson>;
  /** The job once it says so; rejects when it has ended before. */
  jobOnce(id: string, isSo: (job: JobJson) => boolean): Promise<JobJson>;
  bucket(name: string): Promise<BucketJson | undefined>;
  /** `kill -9`, and up again at the same address. */
  killAndRestart(): Promise<void>;
  close(): Promise<void>;
}

/** Short enough that what was announced before a `kill -9` is over within the test. */
const TIMES = {
  connect_ms: 1_000,
  first_byte_ms: 3_000,
  margin_ms: 2_000,
  lease_ms: 10_000,
  read_lease_ms: 12_000,
};

export async function openSite(): Promise<Site> {
  const folder = await mkdtemp(join(tmpdir(), 'penumbra-migrate-'));
  const rgw = await sharedRgw();
  const proxy = await startFaultProxy(rgw.endpoint);
  const cookies = join(folder, 'cookies');
  const config = {
    times: TIMES,
    storage: {
      default_backend: 'local-disk',
      backends: [
        { name: 'local-disk', type: 'filesystem', path: './local-disk' },
        {
          name: 'hetzner-fsn1',
          type: 's3',
          endpoint: proxy.endpoint,
          region: rgw.region,
          access_key_id: rgw.accessKeyId,
          secret_access_key: rgw.secretAccessKey,
        },
      ],
    },
  };
  await writeFile(join(folder, 'penumbra.yaml'), JSON.stringify(config));
  const port = await freePort();
  const env = {
    PENUMBRA_CONFIG: join(folder, 'penumbra.yaml'),
    PENUMBRA_ADMIN_PASSWORD: PASSWORD,
    PENUMBRA_LOG_LEVEL: 'warn',
  };
  const start = (): Promise<PenumbraServer> => startPenumbra(join(folder, 'data'), env, port);
  let server = await start();
  const { url } = server;

  async function curl(...args: string[]): Promise<Curled> {
    const asked = ['-sS', '-b', cookies, '-c', cookies, '-w', '\n%{http_code}', ...args];
    const { code, stdout, stderr } = await run('curl', asked);
    if (code !== 0) throw new Error(`curl ${args.join(' ')}: ${stderr}`);
    const end = stdout.lastIndexOf('\n');
    return { status: Number(stdout.slice(end + 1)), text: stdout.slice(0, end) };
  }

  async function admin<T>(method: 'GET' | 'POST', path: string, body?: object): Promise<T> {
    const sent = body ? ['-H', 'Content-Type: application/json', '-d', JSON.stringify(body)] : [];
    const { status, text } = await curl('-X', method, `${url}/_/api/admin${path}`, ...sent);
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${text}`);
    return JSON.parse(text) as T;
  }

  const awsAs =
    (endpoint: string, accessKeyId: string, secretAccessKey: string) =>
    (...args: string[]): Promise<FinishedProcess> =>
      run('aws', ['--endpoint-url', endpoint, ...args], {
        env: {
          AWS_ACCESS_KEY_ID: accessKeyId,
          AWS_SECRET_ACCESS_KEY: secretAccessKey,
          AWS_DEFAULT_REGION: 'us-east-1',
          AWS_CONFIG_FILE: join(folder, 'none'),
          AWS_SHARED_CREDENTIALS_FILE: join(folder, 'none'),
          AWS_EC2_METADATA_DISABLED: 'true',
          AWS_MAX_ATTEMPTS: '1',
        },
      });

  const job = (id: string) => admin<JobJson>('GET', `/jobs/${id}`);

  await admin('POST', '/login', { password: PASSWORD });
  return {
    url,
    proxy,
    curl,
    admin,
    eventsOf: () => ['-b', cookies, `${url}/_/api/admin/jobs/events`],
    penumbra: (...args) => penumbra(args, { env: { PENUMBRA_URL: url, PENUMBRA_ADMIN_PASSWORD: PASSWORD } }),
    async createBucket() {
      const name = `db-archive-${randomUUID()}`;
      const created = await admin<CreatedBucketJson>('POST', '/buckets', { name });
      return { name, aws: awsAs(url, created.access_key_id, created.secret_access_key) };
    },
    awsThere: awsAs(rgw.endpoint, rgw.accessKeyId, rgw.secretAccessKey),
    migrate: (name, wish = {}) =>
      admin('POST', `/buckets/${name}/migrate`, {
        target_backend: 'hetzner-fsn1',
        delete_source: false,
        ...wish,
      }),
    job,
    async jobOnce(id, isSo) {
      for (;;) {
        const now = await job(id);
        if (isSo(now)) return now;
        if (OVER.has(now.status)) throw new Error(`job ${id} is ${now.status}: ${now.last_error}`);
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      }
    },
    async bucket(name) {
      const { buckets } = await admin<{ buckets: BucketJson[] }>('GET', '/buckets');
      return buckets.find(({ bucket }) => bucket === name);
    },
    async killAndRestart() {
      await server.stop('SIGKILL');
      server = await start();
    },
    async close() {
      proxy.heal();
      await server.stop();
      await proxy.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
