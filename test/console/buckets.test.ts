import { afterAll, beforeAll, expect, test } from 'vitest';
import { BucketClient } from '../support/bucket-client.js';
import { describeWith } from '../support/describe-with.js';
import { lookAt, openWorld, type World } from './world.js';

const BUCKETS = 'settings/storage/buckets';

describeWith(['chromium'], 'a bucket in the console', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
  });
  afterAll(() => world.close());

  /** A bucket with objects in the legacy store, and the bucket that moves from it. */
  async function moving(name: string, keys: readonly string[], settings = {}): Promise<BucketClient> {
    const old = await world.legacyBucket(name);
    for (const key of keys) await old.put(key, `of ${key}`);
    return world.createBucket(name, { shadow: { ...world.shadowInput, ...settings } });
  }

  test('shows of each key where it lives, and what became of it', async () => {
    const bucket = await moving('mixed', ['docs/a', 'docs/b', 'docs/c'], { delete: 'target' });
    await bucket.get('docs/a');
    await bucket.delete('docs/b');
    await bucket.put('docs/own', 'written here');
    const { page, complaints } = await world.open(`${BUCKETS}/mixed/objects`);
    await page.getByRole('link', { name: 'docs/' }).click();
    const where = (key: string) =>
      page.getByRole('row').filter({ has: page.getByRole('link', { name: key, exact: true }) });
    await expect.poll(() => where('a').textContent()).toContain('both');
    expect(await where('b').textContent()).toContain('deleted');
    expect(await where('c').textContent()).toContain('shadow');
    expect(await where('own').textContent()).toContain('target');
    await lookAt(page, 'objects');

    await page.getByRole('link', { name: 'c', exact: true }).click();
    await page.getByText('in the shadow alone').waitFor();
    await page.getByText('answered by the shadow').waitFor();
    await page.getByRole('button', { name: 'Make a link' }).click();
    const link = (await page.getByLabel('Link', { exact: true }).textContent()) ?? '';
    expect(await (await fetch(link)).text()).toBe('of docs/c');
    await lookAt(page, 'explain');
    expect(complaints).toEqual([]);
  });

  test('is swept, and its shadow is cleared only when nothing would be lost or its name was typed', async () => {
    await moving('archive', ['1', '2', '3']);
    const { page, complaints } = await world.open(`${BUCKETS}/archive`);
    await page.getByText('3 objects left').waitFor();
    await page.getByRole('button', { name: 'Change' }).click();
    await page.getByRole('menuitem', { name: 'Clear shadow…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('3 objects that only the shadow has').waitFor();
    await dialog.getByRole('button', { name: 'Clear shadow' }).click();
    await dialog.getByText('only the shadow has 3 objects').waitFor();
    await lookAt(page, 'clear-shadow');
    expect(await dialog.getByRole('button', { name: 'Clear it and lose what is left' }).isDisabled()).toBe(
      true,
    );
    await dialog.getByRole('button', { name: 'Leave it' }).click();

    await page.getByRole('tab', { name: 'Sweep' }).click();
    await page.getByLabel('Requests per second').fill('no number');
    await page.getByRole('button', { name: 'Start sweep' }).click();
    await page.getByText('must be a whole number of requests per second').waitFor();
    await page.getByLabel('Requests per second').fill('500');
    await page.getByRole('button', { name: 'Start sweep' }).click();
    await page.getByText('Done: 3 of 3 objects').waitFor({ timeout: 30_000 });
    await lookAt(page, 'sweep');
    await page.getByRole('tab', { name: 'Verification' }).click();
    await page.getByRole('button', { name: 'Start verification' }).click();
    await page.getByText('Done: 3 of 3 objects').waitFor({ timeout: 30_000 });
    await lookAt(page, 'verification');

    await page.getByRole('tab', { name: 'Overview' }).click();
    await page.getByText('nothing left').waitFor();
    await lookAt(page, 'bucket');
    await page.getByRole('button', { name: 'Change' }).click();
    await page.getByRole('menuitem', { name: 'Clear shadow…' }).click();
    await dialog.getByRole('button', { name: 'Clear shadow' }).click();
    await page.getByText('no shadow').waitFor();
    expect((await world.admin('GET', '/buckets/archive')).shadow).toBeNull();
    expect(complaints).toEqual([]);
  });

  test('loses what is left only after its name was typed', async () => {
    const bucket = await moving('forsaken', ['1', '2']);
    const { page, complaints } = await world.open(`${BUCKETS}/forsaken`);
    await page.getByRole('button', { name: 'Change' }).click();
    await page.getByRole('menuitem', { name: 'Clear shadow…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Clear shadow' }).click();
    const force = dialog.getByRole('button', { name: 'Clear it and lose what is left' });
    const name = dialog.getByLabel('Type forsaken to clear it all the same');
    await name.fill('forsake');
    expect(await force.isDisabled()).toBe(true);
    await name.fill('forsaken');
    await force.click();
    await page.getByText('no shadow').waitFor();
    expect((await world.admin('GET', '/buckets/forsaken')).shadow).toBeNull();
    await expect(bucket.get('1')).rejects.toThrow('does not exist');
    expect(complaints).toEqual([]);
  });

  test('reads on from its shadow with other keys, which are tried first', async () => {
    const old = await world.legacyBucket('rekeyed');
    await old.put('1', 'one');
    const newKey = () => world.legacyAdmin('POST', '/buckets/rekeyed/keys', { role: 'admin' });
    const [first, second] = [await newKey(), await newKey()];
    const { access_key_id, secret_access_key } = first;
    const shadow = { ...world.shadowInput, access_key_id, secret_access_key };
    const bucket = await world.createBucket('rekeyed', { shadow });
    await world.legacyAdmin('DELETE', `/keys/${access_key_id}`);
    await expect
      .poll(() =>
        bucket.get('1').then(
          () => 'read',
          () => 'refused',
        ),
      )
      .toBe('refused');

    const { page, complaints } = await world.open(`${BUCKETS}/rekeyed`);
    await page.getByText('cannot be counted').first().waitFor();
    await page.getByRole('button', { name: 'Change' }).click();
    await page.getByRole('menuitem', { name: 'Change the shadow’s keys…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Access key id').fill(second.access_key_id ?? '');
    await dialog.getByLabel('Secret access key').fill('not the secret');
    await dialog.getByRole('button', { name: 'Use these keys' }).click();
    await dialog.getByText('shadow refused the access key').waitFor();
    await lookAt(page, 'shadow-keys');
    await dialog.getByLabel('Secret access key').fill(second.secret_access_key ?? '');
    await dialog.getByRole('button', { name: 'Use these keys' }).click();
    await page.getByText('1 object left').waitFor();
    expect(await bucket.get('1')).toMatchObject({ source: 'shadow' });
    expect(complaints).toEqual([]);
  });

  test('is told truly again after its gateway was killed, without a reload', async () => {
    const bucket = await moving('half', ['a', 'b', 'k'.repeat(1_020)], { target_prefix: 'archive/' });
    await world.sweep('half');
    const { page, complaints } = await world.open(`${BUCKETS}/half`);
    await page.getByText('2 of 3 objects').waitFor();
    await page.getByText('1 failed').waitFor();
    const old = new BucketClient({ ...world.shadow, region: 'us-east-1' }, 'half');
    for (const key of ['c', 'd']) await old.put(key, `of ${key}`);
    await page.getByRole('tab', { name: 'Objects' }).click();
    await page.getByRole('link', { name: 'archive/' }).click();
    const where = page.getByRole('row').filter({ has: page.getByRole('link', { name: 'c', exact: true }) });
    await where.getByText('shadow').waitFor();
    await expect.poll(async () => (await bucket.get('archive/c')).source).toBe('target');

    const start = await world.killGateway();
    await page.getByRole('button', { name: 'Change' }).click();
    await page.getByRole('menuitem', { name: 'Clear shadow…' }).click();
    await page.getByRole('button', { name: 'Clear shadow' }).click();
    await page.getByText('The gateway does not answer.').first().waitFor();
    await page.getByRole('button', { name: 'Leave it' }).click();
    await page.getByText('The connection to the gateway is lost').waitFor();
    await lookAt(page, 'connection-lost');
    await start();
    await where.getByText('both').waitFor();
    expect(await page.getByText('The connection to the gateway is lost').count()).toBe(0);
    await page.getByRole('tab', { name: 'Overview' }).click();
    await page.getByText('3 of 5 objects').waitFor();
    await lookAt(page, 'half');
    await page.getByRole('tab', { name: 'Sweep' }).click();
    await page.getByText('its key in the target would be longer than 1024 bytes').waitFor();
    expect(complaints).toEqual([]);
  });
});
