import { afterAll, beforeAll, expect, test } from 'vitest';
import { BucketClient } from '../support/bucket-client.js';
import { describeWith } from '../support/describe-with.js';
import { lookAt, openWorld, PASSWORD, type World } from './world.js';

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
    await page.getByText('There is no bucket yet.').waitFor();
    expect(new URL(page.url()).pathname).toBe('/_/settings/storage/buckets');

    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Admin password').waitFor();
    await page.reload();
    await page.getByLabel('Admin password').waitFor();
    expect(complaints).toEqual([]);
  });

  test('is led to the sign-in when the session has ended elsewhere', async () => {
    const { page, context } = await world.open('');
    await page.getByText('There is no bucket yet.').waitFor();
    await context.clearCookies();
    await page.getByRole('link', { name: 'Create bucket' }).click();
    await page.getByLabel('Admin password').waitFor();
  });

  test('cannot be used by a page that somebody has put into a bucket', async () => {
    const made = await world.admin('POST', '/buckets', { name: 'site', public: true });
    const account = {
      endpoint: world.url,
      region: 'auto',
      accessKeyId: String(made.access_key_id),
      secretAccessKey: String(made.secret_access_key),
    };
    await new BucketClient(account, 'site').put('page.html', PAGE, { ContentType: 'text/html' });
    const { page } = await world.open('settings/storage/buckets');
    await page.getByRole('link', { name: 'site' }).waitFor();
    await page.goto(`${world.url}/site/page.html`);
    await expect.poll(() => page.title()).not.toBe('trying');
    expect(await page.title()).toMatch(/^refused /);
  });
});
