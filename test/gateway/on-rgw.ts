import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import type { Credentials } from '../../src/s3/sigv4/sign.js';
import { remoteAt } from '../backends/remote/requests.js';
import { sharedRgw } from '../support/shared-rgw.js';
import { startTestGateway, type TestGateway } from './harness.js';

export interface GatewayOnRgw {
  /** Its buckets are in Ceph RGW. */
  readonly gateway: TestGateway;
  /** A store of its own, with the bucket `old`. */
  readonly legacy: TestGateway;
  /** A bucket of the gateway, whose target has these CORS rules. */
  createBucket(name: string, rules: string): Promise<Credentials>;
  close(): Promise<void>;
}

/** A gateway with Ceph RGW for its target, and one that can be its shadow. */
export async function startOnRgw(): Promise<GatewayOnRgw> {
  const server = await sharedRgw();
  const rgw = remoteAt(server.endpoint, server);
  const [legacy, gateway] = await Promise.all([
    startTestGateway(),
    startTestGateway({ filter: () => rgw.service }),
  ]);
  await legacy.createBucket('old');
  return {
    gateway,
    legacy,
    async createBucket(name, rules) {
      const credentials = await gateway.createBucket(name);
      const headers = { 'content-md5': createHash('md5').update(rules).digest('base64') };
      const request = { method: 'PUT', target: `/${name}?cors`, headers, body: rules, credentials };
      expect((await gateway.send(request)).status).toBe(200);
      return credentials;
    },
    async close() {
      await gateway.close();
      await legacy.close();
      await rgw.close();
    },
  };
}
