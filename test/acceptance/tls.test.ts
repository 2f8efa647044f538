import { once } from 'node:events';
import { readFile, rename, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { expect, onTestFinished, test } from 'vitest';
import { createAuthority } from '../support/certificates.js';
import { describeWith } from '../support/describe-with.js';
import { penumbra, startPenumbra } from '../support/penumbra.js';
import { temporaryFolder } from '../support/temporary-folder.js';

/** Whose certificate a new connection gets. */
async function servedBy(url: string, ca: string): Promise<unknown> {
  const socket = connect({ host: '127.0.0.1', port: Number(new URL(url).port), ca });
  await once(socket, 'secureConnect');
  const { subject } = socket.getPeerCertificate();
  socket.destroy();
  return subject.CN;
}

describeWith(['openssl'], 'workers with a certificate', () => {
  test('serve the commands, and all of them a renewed one, also the worker that replaces another', async () => {
    const [folder, data] = [await temporaryFolder(), await temporaryFolder()];
    const authority = await createAuthority(folder);
    async function renew(name: string) {
      await authority.issue(name);
      for (const kind of ['key', 'pem']) {
        await symlink(`${name}.${kind}`, join(folder, 'new'));
        await rename(join(folder, 'new'), join(folder, `live.${kind}`));
      }
    }
    await renew('first');
    const server = await startPenumbra(data, {
      PENUMBRA_WORKERS: '2',
      PENUMBRA_ADMIN_PASSWORD: 'open sesame',
      PENUMBRA_TLS_CERT: join(folder, 'live.pem'),
      PENUMBRA_TLS_KEY: join(folder, 'live.key'),
    });
    onTestFinished(() => server.stop().then(() => undefined));
    expect(server.url).toMatch(/^https:/);

    const env = { PENUMBRA_URL: server.url, PENUMBRA_ADMIN_PASSWORD: 'open sesame' };
    const command = ['storage', 'create', '-n', 'photos', '--json'];
    const trusting = { ...env, NODE_EXTRA_CA_CERTS: authority.ca };
    const created = await penumbra(command, { env: trusting });
    expect([created.code, created.stderr]).toEqual([0, '']);
    expect(JSON.parse(created.stdout).endpoint).toBe(server.url);
    expect((await penumbra(command, { env })).stderr).toMatch(/^error: no gateway answers at .*certificate/);

    const ca = await readFile(authority.ca, 'utf8');
    const servedToTwenty = async () =>
      new Set(await Promise.all(Array.from({ length: 20 }, () => servedBy(server.url, ca))));
    expect([...(await servedToTwenty())]).toEqual(['first']);
    await renew('second');
    const renewals = () => server.output().match(/"the certificate was renewed"/g);
    await expect.poll(renewals, { timeout: 20_000 }).toHaveLength(2);
    expect([...(await servedToTwenty())]).toEqual(['second']);

    const [pid] = /"pid":(\d+),.*"the certificate was renewed"/.exec(server.output())?.slice(1) ?? [];
    process.kill(Number(pid), 'SIGKILL');
    await expect.poll(() => server.output().match(/"serving TLS"/g), { timeout: 20_000 }).toHaveLength(3);
    expect([...(await servedToTwenty())]).toEqual(['second']);
  });
});
