import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PACKAGE_ROOT } from './package-root.js';
import { freePort } from './ports.js';
import { startProcess } from './processes.js';

/** Where a Ceph object gateway is, and the credentials of its user. */
export interface Rgw {
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface RgwServer extends Rgw {
  close(): Promise<void>;
}

const SCRIPT = join(PACKAGE_ROOT, 'test/support/rgw.sh');
// Throw-away credentials of a server that only loopback can reach.
const CREDENTIALS = {
  accessKeyId: 'PENUMBRATESTRGW00001',
  secretAccessKey: 'penumbra-test-rgw-secret-penumbra-test-1',
};

/** A Ceph object gateway of its own, from nothing in about 5 seconds. */
export async function startRgw(): Promise<RgwServer> {
  const folder = await mkdtemp(join(tmpdir(), 'penumbra-rgw-'));
  const [monitorPort, port] = [await freePort(), await freePort()];
  const env = {
    RGW_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    RGW_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
  };
  const server = await startProcess(SCRIPT, [folder, `${monitorPort}`, `${port}`], { until: /^ready$/, env });
  return {
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    ...CREDENTIALS,
    async close() {
      await server.stop();
    },
  };
}
