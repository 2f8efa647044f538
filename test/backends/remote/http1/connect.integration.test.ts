import { once } from 'node:events';
import { createServer as createPlain } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { TLSSocket } from 'node:tls';
import { expect, it, onTestFinished, test } from 'vitest';
import { createAuthority } from '../../../support/certificates.js';
import { describeWith } from '../../../support/describe-with.js';
import { PACKAGE_ROOT } from '../../../support/package-root.js';
import { run } from '../../../support/processes.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';
import { getObject, remoteAt, textOf } from '../requests.js';

const hasIPv6 = Object.values(networkInterfaces()).some((addresses) =>
  addresses?.some(({ address }) => address === '::1'),
);

it.skipIf(!hasIPv6)('a backend is reached by an IPv6 address', async () => {
  const server = createPlain((_, outgoing) => outgoing.end('here')).listen(0, '::1');
  await once(server, 'listening');
  const backend = remoteAt(`http://[::1]:${(server.address() as AddressInfo).port}`);
  onTestFinished(async () => {
    await backend.close();
    server.close();
  });
  expect(await textOf(await backend.service(getObject()))).toBe('here');
});

/** Asks twice, one after the other; tells what came, and what would keep the process alive. */
const CLIENT = `
  const [, root, endpoint] = process.argv;
  const { createRemoteBackend } = await import(root + '/dist/src/backends/remote/remote.js');
  const { systemClock } = await import(root + '/dist/src/system/clock.js');
  const backend = createRemoteBackend({
    name: 'far', endpoint, region: 'us-east-1', accessKeyId: 'a', secretAccessKey: 'b', forcePathStyle: true, clock: systemClock,
  });
  const get = () => backend.service({
    operation: 'GetObject', method: 'GET', bucket: 'photos', key: 'cat.jpg', query: [], headers: {}, signal: new AbortController().signal,
  });
  const told = [];
  for (let i = 0; i < 2; i++) {
    try {
      const { body } = await get();
      const chunks = Buffer.isBuffer(body) ? [body] : await body.toArray();
      told.push(Buffer.concat(chunks).toString());
    } catch (error) {
      told.push(error.reason + ' ' + error.cause?.code);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const alive = process.getActiveResourcesInfo().filter((name) => /TCP|TLS/.test(name));
  console.log(JSON.stringify({ told, alive }));
`;

interface Told {
  readonly told: readonly string[];
  readonly alive: readonly string[];
}

async function ask(endpoint: string, ca?: string): Promise<Told> {
  const env = { NODE_EXTRA_CA_CERTS: ca };
  const args = ['--input-type=module', '-e', CLIENT, PACKAGE_ROOT, endpoint];
  const { stdout, stderr } = await run(process.execPath, args, { env });
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout);
}

const CONTENT = 'x'.repeat(1_000_000);

describeWith(['openssl'], 'a backend over TLS', () => {
  async function secure(maxVersion: 'TLSv1.2' | 'TLSv1.3', connection: string) {
    const folder = await temporaryFolder();
    const authority = await createAuthority(folder);
    const pair = await authority.issue('far');
    const sockets: { readonly name: unknown; readonly reused: boolean }[] = [];
    const server = createServer({ ...pair, maxVersion }, (_, outgoing) => {
      outgoing.writeHead(200, { connection, 'content-length': CONTENT.length }).end(CONTENT);
    });
    server.on('secureConnection', (socket: TLSSocket & { servername?: unknown }) =>
      sockets.push({ name: socket.servername, reused: socket.isSessionReused() }),
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const { port } = server.address() as AddressInfo;
    return { port, sockets, ca: authority.ca };
  }

  test('that is trusted is asked by its name over one connection, which keeps no process alive', async () => {
    const { port, sockets, ca } = await secure('TLSv1.3', 'keep-alive');
    expect(await ask(`https://localhost:${port}`, ca)).toEqual({ told: [CONTENT, CONTENT], alive: [] });
    expect(sockets).toEqual([{ name: 'localhost', reused: false }]);
  });

  test.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'that closes is connected to again by the session of %s',
    async (version) => {
      const { port, sockets, ca } = await secure(version, 'close');
      expect((await ask(`https://localhost:${port}`, ca)).told).toEqual([CONTENT, CONTENT]);
      expect(sockets.map(({ reused }) => reused)).toEqual([false, true]);
    },
  );

  test('is reached by an address, for which no name is sent', async () => {
    const { port, sockets, ca } = await secure('TLSv1.3', 'keep-alive');
    expect((await ask(`https://127.0.0.1:${port}`, ca)).told).toEqual([CONTENT, CONTENT]);
    expect(sockets).toEqual([{ name: false, reused: false }]);
  });

  test('is sent nothing where nobody vouches for it, or it has another name, however often it is asked', async () => {
    const { port, ca } = await secure('TLSv1.2', 'keep-alive');
    expect((await ask(`https://localhost:${port}`)).told).toEqual(
      Array(2).fill('connect UNABLE_TO_VERIFY_LEAF_SIGNATURE'),
    );
    expect((await ask(`https://photos.localhost:${port}`, ca)).told).toEqual(
      Array(2).fill('connect ERR_TLS_CERT_ALTNAME_INVALID'),
    );
  });
});
