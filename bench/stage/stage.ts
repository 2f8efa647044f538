import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Served, serve, storage } from '../../demo/processes.js';
import { encodeQuery } from '../../src/s3/keys.js';
import type { QueryParameter } from '../../src/s3/message.js';
import { SHA256_OF_NOTHING } from '../../src/s3/sigv4/canonical.js';
import { type Credentials, signRequest } from '../../src/s3/sigv4/sign.js';
import { systemClock } from '../../src/system/clock.js';
import { startRgw } from '../../test/support/rgw.js';
import { ADMIN, configure, type Store } from '../mover.js';
import { startStoreProcess } from '../store-process.js';
import { inTurn } from './in-turn.js';
import { need } from './need.js';
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
  async staticStore(files: Readonly<Record<string, Buffer>>, of = 'gateway'): Promise<Store> {
    const folder = join(this.folder, `static-of-${of}`);
    await mkdir(folder);
    for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, name), bytes);
    const behind = await this.folderStore(`behind-${of}`);
    const { endpoint } = await this.start(startOrigin(folder, behind.endpoint));
    return { ...behind, endpoint };
  }

  /** Ceph's. */
  async rgw(): Promise<Store> {
    need('radosgw');
    const rgw = await startRgw();
    await this.start(Promise.resolve({ stop: () => rgw.close() }));
    return rgw;
  }

  /** The same store, at the end of a longer or a narrower line. */
  async far(store: Store, { roundTripMs = 0, bytesPerSecond = 0 }: Line): Promise<Store> {
    const args = [store.endpoint, String(roundTripMs), String(bytesPerSecond)];
    const { endpoint } = await this.start(startStoreProcess('./stage/far-process.js', args));
    return { ...store, endpoint };
  }

  /** A gateway with one backend, and the bucket in it. */
  async gateway(
    backend: Store,
    { name = 'gateway', flags = [], args = [] }: GatewaySettings = {},
  ): Promise<BenchGateway> {
    const home = join(this.folder, name);
    await mkdir(home);
    const config = await configure(backend, home);
    const served = await this.start(serve(name, this.folder, ADMIN, ['--config', config, ...args]));
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

export interface Line {
  /** 20: what is sent arrives 10 ms later, in both directions. */
  readonly roundTripMs?: number;
  /** In each direction, of all connections together. */
  readonly bytesPerSecond?: number;
}

export interface GatewaySettings {
  /** Of its data, where a stage has several. */
  readonly name?: string;
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

/** Makes the bucket in a store that is to have it before a gateway comes. */
export async function createBucket(store: Store): Promise<void> {
  await inTurn(1, (client) => client.ask(signed(store.endpoint, store, { method: 'PUT' })));
}

export interface Unsigned {
  readonly method?: string;
  /** Of an object; the bucket itself is meant if it is left out. */
  readonly key?: string;
  readonly query?: readonly QueryParameter[];
  readonly payloadHash?: string;
}

/** A request for the bucket or an object of it, signed in its header fields as SDKs do; good for 15 minutes. */
export function signed(
  endpoint: string,
  credentials: Credentials,
  { method = 'GET', key = '', query = [], payloadHash = SHA256_OF_NOTHING }: Unsigned,
): Signed {
  const { host } = new URL(endpoint);
  const path = `/${BUCKET}/${key}`;
  const headers = { host };
  const now = systemClock.now();
  const added = signRequest({
    method,
    path,
    query,
    headers,
    payloadHash,
    credentials,
    region: 'auto',
    now,
  });
  const asked = query.length > 0 ? `?${encodeQuery(query)}` : '';
  return { url: `${endpoint}${path}${asked}`, method, headers: added as Record<string, string> };
}
