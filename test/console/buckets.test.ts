import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BucketClient } from '../support/bucket-client.js';
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
});
