import { mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { Certificate } from '../../../src/gateway/tls/certificate.js';
import type { Pair } from '../../../src/gateway/tls/pair.js';
import { createAuthority } from '../../support/certificates.js';
import { describeWith } from '../../support/describe-with.js';
import { ManualClock } from '../../support/manual-clock.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const LOOK_MS = 2_000;

/** A certificate that is followed, its first pair at `cert` and `key`; `look` has the files looked at once more. */
async function follow(files: { readonly cert: string; readonly key: string }) {
  const clock = new ManualClock();
  const told: string[] = [];
  const tell = (fields: { reason?: string }, event: string) => told.push(fields.reason ?? event);
  const log = { info: tell, warn: tell } as never;
  const certificate = await Certificate.open({ files, clock, log });
  onTestFinished(() => certificate.stop());
  const served: Pair[] = [certificate.pair];
  let looks = 0;
  const after = clock.after.bind(clock);
  clock.after = (ms, callback) => {
    looks += 1;
    return after(ms, callback);
  };
  certificate.follow((pair) => served.push(pair));
  async function look() {
    const before = looks;
    clock.advance(LOOK_MS);
    await expect.poll(() => looks).toBe(before + 1);
  }
  return { served, told, look };
}

async function twoPairs() {
  const folder = await temporaryFolder();
  const authority = await createAuthority(folder);
  const [old, renewed] = [await authority.issue('old'), await authority.issue('renewed')];
  return { folder, old, renewed };
}

/** Makes `link` lead to `target`, in one step. */
async function turn(link: string, target: string): Promise<void> {
  await symlink(target, `${link}.new`);
  await rename(`${link}.new`, link);
}

async function writePair(folder: string, { cert, key }: Pair): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'tls.crt'), cert);
  await writeFile(join(folder, 'tls.key'), key);
}

describeWith(['openssl'], 'a certificate is renewed', () => {
  test('where both files are written over, once both are new, and nobody is told of the time between', async () => {
    const { folder, old, renewed } = await twoPairs();
    const files = { cert: join(folder, 'tls.crt'), key: join(folder, 'tls.key') };
    await writePair(folder, old);
    const { served, told, look } = await follow(files);
    await look();
    await writeFile(files.cert, renewed.cert);
    await look();
    expect(served).toEqual([old]);
    await writeFile(files.key, renewed.key);
    await look();
    await look();
    expect(served).toEqual([old, renewed]);
    expect(told).toEqual([expect.any(String), expect.stringContaining('the certificate was renewed')]);
  });

  test('where the links to the files are turned one by one, as certbot does', async () => {
    const { folder, old, renewed } = await twoPairs();
    await writePair(join(folder, 'archive1'), old);
    await writePair(join(folder, 'archive2'), renewed);
    const files = { cert: join(folder, 'fullchain.pem'), key: join(folder, 'privkey.pem') };
    await turn(files.cert, 'archive1/tls.crt');
    await turn(files.key, 'archive1/tls.key');
    const { served, look } = await follow(files);
    await turn(files.key, 'archive2/tls.key');
    await turn(files.cert, 'archive2/tls.crt');
    await look();
    expect(served).toEqual([old, renewed]);
  });

  test('where the folder that they are in is turned to another, as Kubernetes does', async () => {
    const { folder, old, renewed } = await twoPairs();
    await writePair(join(folder, '..2026_1'), old);
    await writePair(join(folder, '..2026_2'), renewed);
    await turn(join(folder, '..data'), '..2026_1');
    const files = { cert: join(folder, 'tls.crt'), key: join(folder, 'tls.key') };
    await symlink('..data/tls.crt', files.cert);
    await symlink('..data/tls.key', files.key);
    const { served, look } = await follow(files);
    await turn(join(folder, '..data'), '..2026_2');
    await look();
    expect(served).toEqual([old, renewed]);
  });
});

describeWith(['openssl'], 'a new pair that cannot be served', () => {
  test('is told once, the old one goes on, and what comes after it is served', async () => {
    const { folder, old, renewed } = await twoPairs();
    const files = { cert: join(folder, 'tls.crt'), key: join(folder, 'tls.key') };
    await writePair(folder, old);
    const { served, told, look } = await follow(files);
    await writeFile(files.cert, 'no certificate');
    for (let i = 0; i < 4; i += 1) await look();
    expect(served).toEqual([old]);
    expect(told.slice(1)).toEqual([
      expect.stringMatching(/^TLS: .*tls\.crt and .*tls\.key are no certificate/),
    ]);
    await writePair(folder, renewed);
    await look();
    expect(served).toEqual([old, renewed]);
  });

  test('keeps a gateway from starting, and is told by the names of its files', async () => {
    const { folder, old, renewed } = await twoPairs();
    const files = { cert: join(folder, 'tls.crt'), key: join(folder, 'tls.key') };
    await expect(follow(files)).rejects.toThrow(/^TLS: the certificate cannot be read: .*tls\.crt/);
    await writePair(folder, { cert: old.cert, key: renewed.key });
    await expect(follow(files)).rejects.toThrow(/are no certificate and its key: .*key values mismatch/);
  });
});
