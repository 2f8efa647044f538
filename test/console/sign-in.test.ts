import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeWith } from '../support/describe-with.js';
import { lookAt, openWorld, PASSWORD, type World } from './world.js';

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
});
