import { afterAll, beforeAll, expect, test } from 'vitest';
import { BucketClient } from '../support/bucket-client.js';
import { describeWith } from '../support/describe-with.js';
import { openWorld, type World } from './world.js';

/** Tries to do what its reader may. */
const PAGE = `<!doctype html><title>trying</title><script>
  fetch('/_/api/admin/buckets', { credentials: 'include' })
    .then((answer) => answer.text())
    .then((text) => { document.title = 'read ' + text; }, (error) => { document.title = 'refused ' + error; });
</script>`;

describeWith(['chromium'], 'a page that somebody has put into a bucket', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
  });
  afterAll(() => world.close());

  test('cannot ask the admin API with the session of who opens it', async () => {
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
