import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Served, serve, storage } from '../../demo/processes.js';
import { SHA256_OF_NOTHING } from '../../src/s3/sigv4/canonical.js';
import { type Credentials, signRequest } from '../../src/s3/sigv4/sign.js';
import { systemClock } from '../../src/system/clock.js';
import { ADMIN, configure, type Store } from '../mover.js';
import { startOrigin } from './nginx.js';

/** The bucket of every bench. */
export const BUCKET = 'bench';

const ROOT = { accessKeyId: 'root-of-the-bench', secretAccessKey: 'secret-of-the-bench' };

/** Things that are stopped in the reverse order of their start, whatever happens. */
export class Stage {
  readonly #stops: (() => Promise<unknown>)[] = [];

  private constructor(readonly folder: string) {}

  static async set<T>(play: (stage: Stage) => Promise<T>): Promise<T> {
    const stage = new Stage(await mkdtemp(join(tmpdir(), 'penumbra-bench-')));
    try {
      return await play(stage);
    } finally {
      for (const stop of stage.#stops.reverse()) await stop();
      await rm(stage.folder, { recursive: true, force: true });
    }
  }

  /** Has it stopped at the end. */
  async start<T extends { stop(): Promise<unknown> }>(starting: Promise<T>): Promise<T> {
    const started = await starting;
    this.#stops.push(() => started.stop());
    return started;
  }

  /** A store that is a folder, served by Penumbra. */
  async folderStore(name: string): Promise<Store & { readonly pid: number }> {
    const env = {
      ...ADMIN,
      PENUMBRA_ROOT_ACCESS_KEY_ID: ROOT.accessKeyId,
      PENUMBRA_ROOT_SECRET_ACCESS_KEY: ROOT.secretAccessKey,
    };
    const { url, pid } = await this.start(serve(name, this.folder, env));
    return { endpoint: url, region: 'auto', ...ROOT, pid };
  }

  /** nginx, which serves \`static/NAME\` of any bucket from memory, in front of a store that takes all else. */
  async staticStore(files: Readonly<Record<string, Buffer>>): Promise<Store> {
    const folder = join(this.folder, 'static');
    await mkdir(folder);
    for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, name), bytes);
    const behind = await this.folderStore('behind');
    const { endpoint } = await this.start(startOrigin(folder, behind.endpoint));
    return { ...behind, endpoint };
  }

  /** A gateway with one backend, and the bucket in it. */
  async gateway(backend: Store, { flags = [], args = [] }: GatewaySettings = {}): Promise<BenchGateway> {
    const config = await configure(backend, this.folder);
    const served = await this.start(serve('gateway', this.folder, ADMIN, ['--config', config, ...args]));
    const said = await storage(['create', '-n', BUCKET, ...flags, '--json'], {
      ...ADMIN,
      PENUMBRA_URL: served.url,
    });
    const created = JSON.parse(said);
    return {
      ...served,
      credentials: { accessKeyId: created.access_key_id, secretAccessKey: created.secret_access_key },
    };
  }
}

export interface GatewaySettings {
  /** Of \`storage create\`. */
  readonly flags?: readonly string[];
  /** Of \`penumbra serve\`. */
  readonly args?: readonly string[];
}

export interface BenchGateway extends Served {
  readonly credentials: Credentials;
}

export interface Signed {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** A request for an object of the bucket, signed in its header fields as SDKs do; good for 15 minutes. */
export function signed(
  endpoint: string,
  credentials: Credentials,
  {
    method = 'GET',
    key,
    payloadHash = SHA256_OF_NOTHING,
  }: { method?: string; key: string; payloadHash?: string },
): Signed {
  const { host } = new URL(endpoint);
  const path = `/${BUCKET}/${key}`;
  const headers = { host };
  const now = systemClock.now();
  const added = signRequest({
    method,
    path,
    query: [],
    headers,
    payloadHash,
    credentials,
    region: 'auto',
    now,
  });
  return { url: `${endpoint}${path}`, method, headers: added as Record<string, string> };
}
