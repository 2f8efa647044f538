import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BucketClient } from '../support/bucket-client.js';
import { describeWith } from '../support/describe-with.js';
import { bucketOfSettings, lookAt, openWorld, type World } from './world.js';

const BUCKETS = 'settings/storage/buckets';

describeWith(['chromium'], 'what a bucket stands on, in the console', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
  });
  afterAll(() => world.close());

  test('backends are tried, added and removed', async () => {
    const path = join(world.folder, 'cold-disk');
    await mkdir(path);
    const { page, complaints } = await world.open('settings/storage/backends');
    await page.getByRole('link', { name: 'Add backend' }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill('cold-disk');
    await page.getByLabel('A folder').check();
    await page.getByLabel('Path').fill('not/absolute');
    await page.getByRole('button', { name: 'Add backend' }).click();
    await page.getByText('must be an absolute path').waitFor();
    await page.getByLabel('Path').fill(path);
    await lookAt(page, 'new-backend');
    await page.getByRole('button', { name: 'Add backend' }).click();

    await page.getByRole('button', { name: 'Try it: cold-disk' }).click();
    await page.getByText('cold-disk: buckets can be in it').waitFor();
    await lookAt(page, 'backends');
    await page.getByRole('button', { name: 'Remove cold-disk' }).click();
    await page.getByRole('button', { name: 'Remove backend' }).click();
    await page.getByRole('button', { name: 'Try it: cold-disk' }).waitFor({ state: 'detached' });
    expect(complaints).toEqual([]);
  });

  test('a backend is added that is encrypted, and all in it is encrypted anew with another key', async () => {
    const { page, complaints } = await world.open('settings/storage/backends/new');
    await page.getByRole('textbox', { name: 'Name', exact: true }).fill('vault');
    await page.getByRole('textbox', { name: 'Endpoint' }).fill(world.shadow.endpoint);
    await page.getByLabel('Access key id').fill(world.shadow.accessKeyId);
    await page.getByLabel('Secret access key').fill(world.shadow.secretAccessKey);
    await page.getByRole('combobox', { name: 'Are objects encrypted at rest?' }).click();
    await page.getByRole('option', { name: 'By the gateway' }).click();
    await page.getByLabel('Name of the key').fill('k1');
    await page.getByRole('button', { name: 'Make a key' }).click();
    await page.getByRole('button', { name: 'Copy key' }).waitFor();
    await lookAt(page, 'new-backend-encrypted');
    await page.getByRole('button', { name: 'Add backend' }).click();
    await page.getByRole('link', { name: 'AES-256-GCM, here, key k1' }).waitFor();
    const bucket = await world.createBucket('sealed', { backend: 'vault' });
    await bucket.put('letter', 'to be read by nobody');
    const stored = new BucketClient({ ...world.shadow, region: 'us-east-1' }, 'sealed');
    await expect(stored.get('letter')).rejects.toThrow('The object is encrypted');

    await page.getByRole('link', { name: 'AES-256-GCM, here, key k1' }).click();
    await page.getByLabel('Name of the key').fill('k1');
    await page.getByRole('button', { name: 'Make a key' }).click();
    await page.getByRole('button', { name: 'Use this key' }).click();
    await page.getByText('has a key "k1" already').waitFor();
    await page.getByLabel('Name of the key').fill('k2');
    await page.getByRole('button', { name: 'Use this key' }).click();
    await page.getByText('New objects are encrypted with the key k2.').waitFor();
    await page.getByRole('button', { name: 'Rotate keys…' }).click();
    await page.getByRole('button', { name: 'Rotate keys', exact: true }).click();
    const begun = page.getByRole('list', { name: 'Jobs' }).getByRole('link');
    await begun.waitFor();
    await lookAt(page, 'encryption');
    await begun.click();
    await page.getByRole('dialog').getByText('succeeded').waitFor({ timeout: 45_000 });
    await expect(stored.get('letter')).rejects.toThrow('does not exist');
    expect((await bucket.get('letter')).bytes.toString()).toBe('to be read by nobody');
    expect(complaints).toEqual([]);
  });

  test('access keys are made with settings to copy, and revoked', async () => {
    await world.createBucket('shared');
    const { page, complaints } = await world.open(`${BUCKETS}/shared/keys`);
    await page.getByRole('button', { name: 'Create access key' }).click();
    const bucket = await bucketOfSettings(page);
    const { accessKeyId } = bucket.account;
    await bucket.put('by-an-editor', 'x');
    await lookAt(page, 'access-keys');
    await page.getByRole('link', { name: 'Access keys' }).click();
    await page.getByRole('button', { name: `Revoke ${accessKeyId}` }).click();
    await page.getByRole('button', { name: 'Revoke', exact: true }).click();
    await page.getByRole('button', { name: `Revoke ${accessKeyId}` }).waitFor({ state: 'detached' });
    await lookAt(page, 'keys');
    await expect
      .poll(() =>
        bucket.put('again', 'x').then(
          () => 'taken',
          () => 'refused',
        ),
      )
      .toBe('refused');
    expect(complaints).toEqual([]);
  });

  test('tokens for machines are made, shown once, and revoked', async () => {
    const { page, complaints } = await world.open('settings/tokens');
    await page.getByText('There is no token').waitFor();
    await page.getByLabel('What it is for').fill('ci');
    await page.getByRole('button', { name: 'Create token' }).click();
    await page.getByText('The token for ci is shown only now').waitFor();
    const [, token = ''] =
      /=(\S+)$/.exec((await page.getByLabel('variable for commands', { exact: true }).textContent()) ?? '') ??
      [];
    const ask = async (method: string, path: string) => {
      const headers = { authorization: `Bearer ${token}` };
      return (await fetch(`${world.url}/_/api/admin${path}`, { method, headers })).status;
    };
    expect([await ask('GET', '/buckets'), await ask('DELETE', '/buckets/shared')]).toEqual([200, 403]);
    await lookAt(page, 'tokens');
    await page.reload();
    const revoke = page.getByRole('button', { name: 'Revoke ci' });
    await revoke.waitFor();
    expect(await page.content()).not.toContain(token);
    await revoke.click();
    await page.getByRole('dialog').getByText('It cannot be taken back').waitFor();
    await lookAt(page, 'revoke');
    await page.getByRole('button', { name: 'Revoke', exact: true }).click();
    await page.getByText('There is no token').waitFor();
    expect(await ask('GET', '/buckets')).toBe(401);
    expect(complaints).toEqual([]);
  });

  test('a bucket that exists is given a shadow, and both change places', async () => {
    const old = await world.legacyBucket('ledger');
    await old.put('1', 'one');
    await world.createBucket('ledger');
    const { page, complaints } = await world.open(`${BUCKETS}/ledger`);
    await page.getByRole('button', { name: 'Change' }).click();
    await page.getByRole('menuitem', { name: 'Set shadow…' }).click();
    await page.getByRole('textbox', { name: 'Endpoint', exact: true }).fill(world.shadow.endpoint);
    await page.getByLabel('Access key id').fill(world.shadow.accessKeyId);
    await page.getByLabel('Secret access key').fill(world.shadow.secretAccessKey);
    await page.getByLabel('Bucket at the endpoint').fill('no-such-ledger');
    await page.getByRole('button', { name: 'Set shadow' }).click();
    await page.getByText('The shadow was not set').waitFor();
    await lookAt(page, 'set-shadow');
    await page.getByLabel('Bucket at the endpoint').fill('');
    await page.getByRole('button', { name: 'Set shadow' }).click();
    await page.getByText('1 object left').waitFor({ timeout: 40_000 });

    await world.sweep('ledger');
    await page.getByRole('button', { name: 'Change' }).click();
    await page.getByRole('menuitem', { name: 'Swap target and shadow…' }).click();
    await lookAt(page, 'swap');
    await page.getByRole('button', { name: 'Swap', exact: true }).click();
    await page.getByText(`In ${world.shadow.endpoint} as ledger`).waitFor({ timeout: 40_000 });
    expect(complaints).toEqual([]);
  });

  test('what could not be copied is told with its reason, and tried again', async () => {
    const old = await world.legacyBucket('long');
    await old.put('short', 'x');
    await old.put('k'.repeat(1_020), 'x');
    await world.createBucket('long', { shadow: { ...world.shadowInput, target_prefix: 'archive/' } });
    const { page, complaints } = await world.open(`${BUCKETS}/long/sweep`);
    await page.getByRole('button', { name: 'Start sweep' }).click();
    const why = page.getByText('its key in the target would be longer than 1024 bytes');
    await why.waitFor({ timeout: 40_000 });
    await lookAt(page, 'failures');
    await page.getByRole('button', { name: /^Try again: archive/ }).click();
    await page.getByText('1 object tried again').waitFor();
    await why.waitFor({ timeout: 40_000 });
    await page.getByRole('button', { name: 'Try again what failed' }).click();
    await why.waitFor({ timeout: 40_000 });
    expect(complaints).toEqual([]);
  });

  test('how stores answer is told, and what the last minutes of a bucket were like', async () => {
    const old = await world.legacyBucket('watched');
    await old.put('a', 'one');
    const bucket = await world.createBucket('watched', { shadow: world.shadowInput });
    const looks = async () => (await world.admin('GET', '/buckets/watched/history')).points;
    await expect.poll(looks, { timeout: 20_000, interval: 500 }).not.toEqual([]);
    await bucket.get('a');
    await expect.poll(() => bucket.get('a')).toMatchObject({ source: 'target' });

    const { page, complaints } = await world.open('settings/storage/backends');
    const stores = page.getByRole('table', { name: 'How they answer' });
    const shadow = stores.getByRole('row').filter({ hasText: world.shadow.endpoint });
    await shadow.getByText('answers', { exact: true }).waitFor({ timeout: 20_000 });
    await shadow.getByText('99 % within').waitFor();
    await lookAt(page, 'backends-health');
    await shadow.getByRole('link', { name: 'watched' }).click();
    await page
      .getByText(/^Reads that the target served: [1-9][\d.]* % of [2-9]/)
      .waitFor({ timeout: 20_000 });
    await lookAt(page, 'rates');
    expect(complaints).toEqual([]);
  });

  test('who changed what is told, without secrets', async () => {
    await world.createBucket('audited');
    const refused = {
      endpoint: 'http://127.0.0.1:1',
      region: 'x',
      access_key_id: 'K',
      secret_access_key: 'not-to-be-told',
    };
    await world.admin('PATCH', '/buckets/audited', { shadow: refused }).catch(() => undefined);
    const { page, complaints } = await world.open('settings/audit');
    await page.getByLabel('Bucket').fill('audited');
    await page.getByRole('button', { name: 'Show', exact: true }).click();
    const row = (action: string) =>
      page.getByRole('row').filter({ hasText: action }).filter({ hasText: 'audited' });
    await row('bucket.change').getByText('refused', { exact: true }).waitFor();
    await row('bucket.create').getByText('done', { exact: true }).waitFor();
    expect(new URL(page.url()).search).toBe('?bucket=audited');
    expect(await page.getByRole('table').textContent()).not.toContain('not-to-be-told');
    await lookAt(page, 'audit');
    expect(complaints).toEqual([]);
  });
});
