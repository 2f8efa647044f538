import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SHADOW_OF } from '../../src/filters/shadow-marker.js';
import type { HeaderFields, S3Filter } from '../../src/s3/message.js';
import { ROOT, sign, startTestGateway, type TestGateway } from './harness.js';

const Bucket = 'photos';

interface Address {
  readonly url: string;
  /** From now on it is the address of another server. */
  pointTo(port: number): void;
  close(): Promise<void>;
}

async function startAddress(port: number): Promise<Address> {
  const sockets = new Set<Socket>();
  const cut = () => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    for (const socket of [client, upstream]) sockets.add(socket.on('error', cut));
    client.pipe(upstream).pipe(client);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    pointTo(other) {
      port = other;
      cut();
    },
    async close() {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}

function shadowAt(endpoint: string, settings = {}) {
  const { accessKeyId, secretAccessKey } = ROOT;
  const keys = { access_key_id: accessKeyId, secret_access_key: secretAccessKey };
  return { name: Bucket, endpoint, region: 'us-east-1', ...keys, ...settings };
}

const put = (gateway: TestGateway, Key: string, Body: string) =>
  gateway.sdk().send(new PutObjectCommand({ Bucket, Key, Body }));

/** The requests for a key that a gateway has answered. */
const answered = ({ logged }: TestGateway, key: string) => logged.filter((line) => line.key === key);

describe('two gateways whose buckets are each other’s shadows', () => {
  let legacy: TestGateway;
  let addresses: Address[];
  let here: TestGateway;
  let there: TestGateway;
  const inTargets: HeaderFields[] = [];

  beforeAll(async () => {
    const filter: S3Filter = (service) => (request) => {
      inTargets.push(request.headers);
      return service(request);
    };
    [legacy, here, there] = await Promise.all([
      startTestGateway(),
      startTestGateway({ filter }),
      startTestGateway({ filter }),
    ]);
    await legacy.createBucket(Bucket);
    // Nobody would be let to set up such a circle; addresses can come to mean it.
    addresses = await Promise.all([startAddress(legacy.port), startAddress(legacy.port)]);
    const gateways = [here, there];
    for (const [at, { url }] of addresses.entries()) {
      await gateways[at]?.createBucket(Bucket, { shadow: shadowAt(url, { write_through: true }) });
    }
    addresses[0]?.pointTo(there.port);
    addresses[1]?.pointTo(here.port);
  });

  afterAll(async () => {
    await Promise.all([here, there, legacy].map((gateway) => gateway.close()));
    await Promise.all(addresses.map((address) => address.close()));
  });

  test('know at once that neither has a key', async () => {
    expect((await here.send({ target: `/${Bucket}/nothing` })).status).toBe(404);
    expect([answered(here, 'nothing'), answered(there, 'nothing')].map(({ length }) => length)).toEqual([
      1, 1,
    ]);
  });

  test('write in both and stop', async () => {
    await put(here, 'written', 'once');
    for (const gateway of [here, there]) {
      expect(await gateway.send({ target: `/${Bucket}/written` })).toMatchObject({
        text: 'once',
        headers: { 'x-penumbra-source': 'target' },
      });
    }
    const puts = [...answered(here, 'written'), ...answered(there, 'written')].filter(
      ({ method }) => method === 'PUT',
    );
    expect(puts).toHaveLength(2);
  });

  test('list and delete in both and stop', async () => {
    await put(there, 'passing', 'by');
    expect((await here.send({ target: `/${Bucket}?list-type=2&prefix=pass` })).text).toContain('passing');
    expect((await here.send({ method: 'DELETE', target: `/${Bucket}/passing` })).status).toBe(204);
    await expect
      .poll(async () => (await there.send({ target: `/${Bucket}/passing` })).status, { timeout: 30_000 })
      .toBe(404);
  });

  test('keep the mark to themselves: no target is ever sent one', () => {
    expect(inTargets.length).toBeGreaterThan(0);
    expect(inTargets.filter((headers) => SHADOW_OF in headers)).toEqual([]);
  });
});

describe('a request that is marked as one to a shadow', () => {
  let legacy: TestGateway;
  let gateway: TestGateway;
  const target = `/${Bucket}/old`;
  const marked = { [SHADOW_OF]: 'a-bucket' };

  beforeAll(async () => {
    [legacy, gateway] = await Promise.all([startTestGateway(), startTestGateway()]);
    await legacy.createBucket(Bucket);
    await put(legacy, 'old', 'from the shadow');
    await gateway.createBucket(Bucket, { public: true, shadow: shadowAt(legacy.url) });
    await gateway.createBucket('copies');
  });

  afterAll(async () => {
    await gateway.close();
    await legacy.close();
  });

  test('is answered from the target alone, and so is its copy source', async () => {
    expect((await gateway.send({ target, headers: marked })).status).toBe(404);
    const copy = await gateway.send({
      method: 'PUT',
      target: '/copies/old',
      headers: { ...marked, 'x-amz-copy-source': target },
    });
    expect(copy.status).toBe(404);
  });

  test('writes no tombstone: what the shadow has stays to be seen', async () => {
    expect((await gateway.send({ method: 'DELETE', target, headers: marked })).status).toBe(204);
    expect((await gateway.send({ method: 'HEAD', target })).status).toBe(200);
  });

  test.each(['HEAD', 'GET'])('is one like any other when nobody signed the mark (%s)', async (method) => {
    expect((await gateway.send({ method, target, headers: marked, credentials: null })).status).toBe(200);
    const host = `127.0.0.1:${gateway.port}`;
    const headers = { ...sign({ method, target, headers: { host } }), ...marked };
    expect((await gateway.send({ method, target, headers, credentials: null })).status).toBe(200);
  });
});
