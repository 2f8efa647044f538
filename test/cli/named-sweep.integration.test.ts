import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ROOT, startTestGateway, type TestGateway } from '../gateway/harness.js';
import { runCli } from '../support/cli.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const KEYS = Array.from({ length: 2_500 }, (_, index) => `dir ${index % 7}/ü+${index}`);

let legacy: TestGateway;
let gateway: TestGateway;

beforeAll(async () => {
  legacy = await startTestGateway();
  gateway = await startTestGateway();
  await legacy.createBucket('photos');
  const puts = KEYS.map(
    (key) => () =>
      legacy.send({
        method: 'PUT',
        target: `/photos/${encodeURIComponent(key).replaceAll('%2F', '/')}`,
        body: 'x',
      }),
  );
  while (puts.length > 0) await Promise.all(puts.splice(0, 50).map((put) => put()));
  const { accessKeyId: access_key_id, secretAccessKey: secret_access_key } = ROOT;
  const shadow = { endpoint: legacy.url, region: 'auto', access_key_id, secret_access_key };
  await gateway.createBucket('photos', { shadow });
}, 60_000);
afterAll(async () => {
  await gateway?.close();
  await legacy?.close();
});

const storage = (...args: string[]) =>
  runCli(['storage', ...args], {
    env: { PENUMBRA_URL: gateway.url, PENUMBRA_ADMIN_PASSWORD: 'open sesame' },
  });

const copied = async () => JSON.parse((await storage('sweep', 'photos', 'status', '--json')).stdout);

it('a list of keys is swept, and then a file of S3 Inventory', async () => {
  const folder = await temporaryFolder();
  const list = join(folder, 'keys.txt');
  await writeFile(list, KEYS.slice(0, 1_200).join('\n'));
  const swept = await storage('sweep', 'photos', 'start', '--from-manifest', list, '--watch');
  expect([swept.code, swept.stderr]).toEqual([0, '']);
  expect(await copied()).toMatchObject({
    state: 'done',
    objects_copied: 1_200,
    objects: { done: 1_200, total: 1_200 },
  });

  const [data, manifest] = [join(folder, 'data.csv.gz'), join(folder, 'manifest.json')];
  const rows = KEYS.map((key) => `"photos","${encodeURIComponent(key)}","1"`);
  await writeFile(data, gzipSync(`${rows.join('\n')}\n`));
  const schema = { sourceBucket: 'photos', fileFormat: 'CSV', fileSchema: 'Bucket, Key, Size', files: [] };
  await writeFile(manifest, JSON.stringify(schema));
  const flags = ['--from-manifest', data, '--inventory', manifest, '--watch'];
  expect(await storage('sweep', 'photos', 'start', ...flags)).toMatchObject({ code: 0 });
  expect(await copied()).toMatchObject({
    objects_copied: 1_300,
    counts: { present: { objects: 1_200 } },
    bytes: { total: 2_500 },
  });
}, 120_000);

it('a manifest that is not in order begins nothing', async () => {
  const folder = await temporaryFolder();
  const bad = join(folder, 'bad.txt');
  await writeFile(bad, `good\n${'x'.repeat(1_025)}\n`);
  const before = await copied();
  const { code, stderr } = await storage('sweep', 'photos', 'start', '--from-manifest', bad);
  expect([code, stderr]).toEqual([1, expect.stringContaining('line 2')]);
  expect((await copied()).run).toBe(before.run);
  expect((await storage('sweep', 'photos', 'start', '--from-manifest', join(folder, 'none'))).stderr).toMatch(
    /none cannot be read/,
  );
  expect((await storage('sweep', 'photos', 'pause', '--from-manifest', bad)).code).toBe(2);
});
