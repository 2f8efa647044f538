import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BucketClient } from '../support/bucket-client.js';
import { describeWith } from '../support/describe-with.js';
import { lookAt, openWorld, type World } from './world.js';

describeWith(['chromium'], 'a move to another backend in the console', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
  });
  afterAll(() => world.close());

  async function bucketWith(name: string, keys: readonly string[]): Promise<BucketClient> {
    const bucket = await world.createBucket(name);
    for (const key of keys) await bucket.put(key, `of ${key}`);
    return bucket;
  }

  test('is looked at first, begun, watched live until it has succeeded, and rolled back', async () => {
    const bucket = await bucketWith('db-archive', ['a', 'b', 'c']);
    const { page, complaints } = await world.open('settings/storage/buckets/db-archive');
    await page.getByRole('button', { name: 'Change' }).click();
    await page.getByRole('menuitem', { name: 'Migrate data…' }).click();
    await page.getByRole('combobox', { name: 'Target backend' }).click();
    await page.getByRole('option', { name: 'hetzner-fsn1' }).click();
    expect(await page.getByLabel('Delete source').isChecked()).toBe(false);
    expect(await page.getByRole('button', { name: 'Start migration' }).isDisabled()).toBe(true);
    await page.getByRole('button', { name: 'Look first' }).click();
    await page.getByText('3 objects').first().waitFor();
    await lookAt(page, 'migrate');
    await page.getByRole('button', { name: 'Start migration' }).click();

    const job = page.getByRole('dialog', { name: 'maintenance:1' });
    await job.getByText('succeeded').waitFor({ timeout: 45_000 });
    await job.getByText('3 of 3 objects').waitFor();
    await job.getByText('Nothing failed.').waitFor();
    await lookAt(page, 'job');
    expect(new URL(page.url()).pathname).toBe('/_/settings/jobs/maintenance:1');
    expect((await world.admin('GET', '/buckets/db-archive')).backend).toBe('hetzner-fsn1');
    expect((await bucket.get('b')).bytes.toString()).toBe('of b');

    await job.getByRole('button', { name: 'Roll back… maintenance:1' }).click();
    await page.getByRole('button', { name: 'Move it back' }).waitFor();
    await lookAt(page, 'roll-back');
    await page.getByRole('button', { name: 'Move it back' }).click();
    await page
      .getByRole('dialog', { name: 'maintenance:2' })
      .getByText('succeeded')
      .waitFor({ timeout: 45_000 });
    expect((await world.admin('GET', '/buckets/db-archive')).backend).toBe('local-disk');
    await page.getByRole('button', { name: 'Close' }).click();
    await page.getByRole('row').filter({ hasText: 'maintenance:2' }).getByText('succeeded').waitFor();
    await lookAt(page, 'jobs');
    expect(complaints).toEqual([]);
  });

  test('is paused, goes on, and is cancelled, which leaves the bucket where it was', async () => {
    const keys = Array.from({ length: 40 }, (_, index) => `key-${index}`);
    const bucket = await bucketWith('slow', keys);
    const limits = { max_requests: 2 };
    const { id } = await world.admin<{ id: string }>('POST', '/buckets/slow/migrate', {
      target_backend: 'hetzner-fsn1',
      limits,
    });
    const { page, complaints } = await world.open(`settings/jobs/${id}`);
    const job = page.getByRole('dialog', { name: id });
    await job.getByRole('button', { name: `Pause ${id}` }).click();
    await job.getByText('paused', { exact: true }).waitFor();
    await lookAt(page, 'job-paused');
    await job.getByRole('button', { name: `Resume ${id}` }).click();
    await job.getByText('running', { exact: true }).waitFor();
    await job.getByRole('button', { name: `Cancel… ${id}` }).click();
    await lookAt(page, 'cancel-job');
    await page.getByRole('button', { name: 'Cancel the job' }).click();
    await job.getByText('cancelled', { exact: true }).waitFor({ timeout: 45_000 });
    expect(await world.admin('GET', '/buckets/slow')).toMatchObject({ backend: 'local-disk', job: null });
    expect((await bucket.get('key-7')).bytes.toString()).toBe('of key-7');
    await bucket.put('key-7', 'written again');
    expect(complaints).toEqual([]);
  });

  test('is told of as soon as others begin it, also when the gateway was killed meanwhile', async () => {
    await bucketWith('nightly', ['1']);
    await bucketWith('weekly', ['1']);
    const { page } = await world.open('settings/jobs');
    const row = (bucket: string) =>
      page.getByRole('row').filter({ has: page.getByRole('link', { name: bucket, exact: true }) });
    await page.getByText('Live', { exact: true }).waitFor();
    await world.admin('POST', '/buckets/nightly/migrate', { target_backend: 'hetzner-fsn1' });
    await row('nightly').getByText('succeeded').waitFor({ timeout: 45_000 });

    const start = await world.killGateway();
    await page.getByText('Not live').waitFor();
    await start();
    await world.admin('POST', '/buckets/weekly/migrate', { target_backend: 'hetzner-fsn1' });
    // It waits for the gateway that was killed until its lease has run out.
    await row('weekly').waitFor({ timeout: 30_000 });
    await page.getByText('Live', { exact: true }).waitFor();
  });
});
