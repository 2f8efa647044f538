import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeWith } from '../support/describe-with.js';
import { startFirst } from '../support/penumbra.js';
import { bucketOfSettings, lookAt, openWorld, PASSWORD, type World } from './world.js';

/** Tries to do what its reader may. */
const PAGE = `<!doctype html><title>trying</title><script>
  fetch('/_/api/admin/buckets', { credentials: 'include' })
    .then((answer) => answer.text())
    .then((text) => { document.title = 'read ' + text; }, (error) => { document.title = 'refused ' + error; });
</script>`;

describeWith(['chromium'], 'who comes to the console', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
  });
  afterAll(() => world.close());

  test('signs in with the admin password, is where the address says, and signs out', async () => {
    const { page, complaints } = await world.open('settings/storage/buckets', { signedIn: false });
    await page.getByLabel('Admin password').fill('wrong');
    await page.keyboard.press('Enter');
    await page.getByText('The password is wrong.').waitFor();
    await lookAt(page, 'sign-in');

    await page.getByLabel('Admin password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Buckets' }).waitFor();
    await page.getByText('There is no bucket yet').waitFor();
    expect(new URL(page.url()).pathname).toBe('/_/settings/storage/buckets');

    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Admin password').waitFor();
    await page.reload();
    await page.getByLabel('Admin password').waitFor();
    expect(complaints).toEqual([]);
  });

  test('gets from a first start to a bucket that serves a read from its shadow', async () => {
    const old = await world.legacyBucket('photos');
    await old.put('2026/1.jpg', 'a picture');
    const fresh = await startFirst(await mkdtemp(join(world.folder, 'fresh-')));
    const [, password = ''] = /^admin password: (\S+)$/m.exec(fresh.output()) ?? [];
    const [, address = ''] = /Sign in with it at (\S+)$/m.exec(fresh.output()) ?? [];
    expect(address).toBe(`${fresh.url}/_/`);

    const { page, complaints } = await world.open('', { url: fresh.url, signedIn: false });
    await page.getByLabel('Admin password').fill(password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('There is no bucket yet').waitFor();
    await lookAt(page, 'first-buckets');
    await page.getByRole('link', { name: 'Access keys' }).click();
    await page.getByText('Creating a bucket makes the first for it').waitFor();
    await page.getByRole('link', { name: 'Buckets' }).click();
    await page.getByRole('link', { name: 'Create a bucket' }).click();
    await page.getByLabel('Name').fill('photos');
    await lookAt(page, 'new-bucket');
    await page.getByRole('button', { name: 'Next' }).click();

    await page.getByRole('textbox', { name: 'Endpoint', exact: true }).fill(world.shadow.endpoint);
    await page.getByLabel('Access key id').fill(world.shadow.accessKeyId);
    await page.getByLabel('Secret access key').fill('not the secret');
    await page.getByRole('button', { name: 'Try it' }).click();
    await page.getByText('shadow refused the access key: SignatureDoesNotMatch').waitFor();
    await page.getByLabel('Secret access key').fill(world.shadow.secretAccessKey);
    await page.getByRole('button', { name: 'Try it' }).click();
    await page.getByText('It works').waitFor();
    await lookAt(page, 'new-bucket-shadow');
    await page.getByRole('button', { name: 'Next' }).click();
    await lookAt(page, 'new-bucket-use');
    await page.getByRole('button', { name: 'Create bucket' }).click();

    await page.getByText('The secret is shown only now').waitFor();
    await lookAt(page, 'client-settings');
    const bucket = await bucketOfSettings(page);
    expect(bucket.account.endpoint).toBe(fresh.url);
    expect(await bucket.get('2026/1.jpg')).toMatchObject({ source: 'shadow' });

    await page.getByRole('link', { name: 'Go to the bucket' }).click();
    await page.getByText('nothing left').waitFor();
    await page.getByRole('link', { name: 'Buckets' }).click();
    await page.getByText('100 %, 1 of 1 object').waitFor();
    await lookAt(page, 'buckets');
    expect(complaints).toEqual([]);
    await fresh.stop();
  });

  test('is led to the sign-in when the session has ended elsewhere', async () => {
    const { page, context } = await world.open('');
    await page.getByText('There is no bucket yet').waitFor();
    await context.clearCookies();
    await page.getByRole('link', { name: 'Create bucket' }).click();
    await page.getByLabel('Admin password').waitFor();
  });

  test('finds the way on a phone, and back from an address where nothing is', async () => {
    const { page, complaints } = await world.open('settings/nothing-here');
    await page.getByRole('heading', { name: 'Not found' }).waitFor();
    await lookAt(page, 'not-found');
    await page.setViewportSize({ width: 390, height: 844 });
    await page.getByRole('link', { name: 'Back to the buckets' }).click();
    await page.getByRole('heading', { name: 'Buckets' }).waitFor();
    for (const [link, heading] of [
      ['Backends', 'Backends'],
      ['Access keys', 'Access keys'],
      ['Audit log', 'Audit log'],
      ['Jobs', 'Jobs'],
    ] as const) {
      await page.getByRole('button', { name: 'Navigation' }).click();
      await page.getByRole('link', { name: link }).click();
      await page.getByRole('heading', { name: heading, level: 1 }).waitFor();
    }
    await page.getByRole('button', { name: 'Navigation' }).click();
    await lookAt(page, 'navigation');
    expect(complaints).toEqual([]);
  });

  test('cannot be used by a page that somebody has put into a bucket', async () => {
    const site = await world.createBucket('site', { public: true });
    await site.put('page.html', PAGE, { ContentType: 'text/html' });
    const { page } = await world.open('settings/storage/buckets');
    await page.getByRole('link', { name: 'site' }).waitFor();
    await page.goto(`${world.url}/site/page.html`);
    await expect.poll(() => page.title()).not.toBe('trying');
    expect(await page.title()).toMatch(/^refused /);
  });
});
