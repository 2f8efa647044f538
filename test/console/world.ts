import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { expect } from 'vitest';
import { BucketClient } from '../support/bucket-client.js';
import { startPenumbra } from '../support/penumbra.js';

export const PASSWORD = 'password-of-the-console';
const ROOT = { accessKeyId: 'ROOTOFLEGACY', secretAccessKey: 'secret-of-the-legacy-root' };

/** A gateway, the store that buckets move from, and a browser. */
export interface World {
  /** Of the gateway. */
  readonly url: string;
  /** Where everything of this world is kept. */
  readonly folder: string;
  /** Ends the gateway in the middle of what it does. @returns what starts it again at the same address */
  killGateway(): Promise<() => Promise<void>>;
  /** Makes a bucket in the legacy store. */
  legacyBucket(name: string): Promise<BucketClient>;
  /** The same of the legacy store. */
  legacyAdmin(method: string, path: string, body?: unknown): Promise<Record<string, string>>;
  /** Makes a bucket of the gateway's. @param settings as the admin API takes them */
  createBucket(name: string, settings?: object): Promise<BucketClient>;
  /** Sweeps a bucket to the end. */
  sweep(bucket: string): Promise<void>;
  /** What the form for a shadow is to be filled with. */
  readonly shadow: {
    readonly endpoint: string;
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
  };
  /** The same as the admin API takes it. */
  readonly shadowInput: Readonly<Record<string, string>>;
  /** What the admin API answers, to a session of its own. */
  admin<T = Record<string, unknown>>(method: string, path: string, body?: unknown): Promise<T>;
  /** A browser's window of its own, signed in unless told otherwise; at another gateway if that is given. */
  open(path: string, options?: { readonly signedIn?: boolean; readonly url?: string }): Promise<Visitor>;
  close(): Promise<void>;
}

export interface Visitor {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What browsers complain of: refused by the policy, requests to other hosts, errors of scripts. */
  readonly complaints: string[];
}

const config = (folder: string) => `
storage:
  default_backend: local-disk
  backends:
    - name: local-disk
      type: filesystem
      path: ${join(folder, 'local-disk')}
    - name: hetzner-fsn1
      type: filesystem
      path: ${join(folder, 'hetzner-fsn1')}
`;

export async function openWorld(): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'penumbra-console-'));
  const configFile = join(folder, 'penumbra.yaml');
  await writeFile(configFile, config(folder));
  const legacy = await startPenumbra(join(folder, 'legacy'), {
    PENUMBRA_ROOT_ACCESS_KEY_ID: ROOT.accessKeyId,
    PENUMBRA_ROOT_SECRET_ACCESS_KEY: ROOT.secretAccessKey,
    PENUMBRA_ADMIN_PASSWORD: PASSWORD,
  });
  const start = (port?: number) =>
    startPenumbra(
      join(folder, 'gateway'),
      { PENUMBRA_CONFIG: configFile, PENUMBRA_ADMIN_PASSWORD: PASSWORD },
      port,
    );
  let gateway = await start();
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
  const cookie = await sessionCookie(gateway.url);
  const legacyCookie = await sessionCookie(legacy.url);
  async function admin<T = Record<string, unknown>>(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<T> {
    return JSON.parse((await askAdmin({ url: gateway.url, cookie, method, path, body })) || '{}');
  }
  return {
    url: gateway.url,
    folder,
    async killGateway() {
      await gateway.stop('SIGKILL');
      return async () => {
        gateway = await start(Number(new URL(gateway.url).port));
      };
    },
    shadow: { endpoint: legacy.url, ...ROOT },
    shadowInput: {
      endpoint: legacy.url,
      region: 'us-east-1',
      access_key_id: ROOT.accessKeyId,
      secret_access_key: ROOT.secretAccessKey,
    },
    legacyBucket: (name) =>
      new BucketClient({ endpoint: legacy.url, region: 'us-east-1', ...ROOT }, name).create(),
    admin,
    legacyAdmin: async (method, path, body) =>
      JSON.parse((await askAdmin({ url: legacy.url, cookie: legacyCookie, method, path, body })) || '{}'),
    async createBucket(name, settings = {}) {
      const made = await admin<{ access_key_id: string; secret_access_key: string }>('POST', '/buckets', {
        name,
        ...settings,
      });
      const { access_key_id: accessKeyId, secret_access_key: secretAccessKey } = made;
      return new BucketClient({ endpoint: gateway.url, region: 'auto', accessKeyId, secretAccessKey }, name);
    },
    async sweep(bucket) {
      await admin('POST', `/buckets/${bucket}/sweep`, {});
      await expect
        .poll(async () => (await admin('GET', `/buckets/${bucket}/sweep`)).state, { timeout: 30_000 })
        .toBe('done');
    },
    open: (path, { signedIn = true, url = gateway.url } = {}) =>
      openWindow(browser, { url, path, ...(signedIn && { cookie }) }),
    async close() {
      await browser.close();
      await Promise.all([gateway.stop(), legacy.stop()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

interface AdminRequest {
  readonly url: string;
  readonly cookie: string;
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
}

async function askAdmin({ url, cookie, method, path, body }: AdminRequest): Promise<string> {
  const answer = await fetch(`${url}/_/api/admin${path}`, {
    method,
    headers: { 'content-type': 'application/json', cookie },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return text;
}

async function sessionCookie(url: string): Promise<string> {
  const answer = await fetch(`${url}/_/api/admin/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ password: PASSWORD }),
  });
  return answer.headers.getSetCookie()[0]?.split(';')[0] ?? '';
}

interface Window {
  readonly url: string;
  readonly path: string;
  readonly cookie?: string;
}

async function openWindow(browser: Browser, { url, path, cookie }: Window): Promise<Visitor> {
  const context = await browser.newContext({ viewport: DESK, reducedMotion: 'reduce', colorScheme: 'light' });
  const [name = '', value = ''] = cookie?.split('=') ?? [];
  if (cookie) await context.addCookies([{ name, value, domain: '127.0.0.1', path: '/_/' }]);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
  page.on('console', (said) => {
    if (/Content Security Policy|Refused to/.test(said.text())) complaints.push(said.text());
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(url) && !request.url().startsWith('data:')) complaints.push(request.url());
  });
  page.setDefaultTimeout(15_000);
  await page.goto(`${url}/_/${path}`);
  return { page, context, complaints };
}

/** The bucket that the settings for clients are of which a page shows, as programs reach it. */
export async function bucketOfSettings(page: Page): Promise<BucketClient> {
  const text = (await page.getByLabel('settings for Environment', { exact: true }).textContent()) ?? '';
  const setting = (name: string) => new RegExp(`^export ${name}=(.*)$`, 'm').exec(text)?.[1] ?? '';
  const account = {
    endpoint: setting('AWS_ENDPOINT_URL_S3'),
    region: setting('AWS_REGION'),
    accessKeyId: setting('AWS_ACCESS_KEY_ID'),
    secretAccessKey: setting('AWS_SECRET_ACCESS_KEY'),
  };
  return new BucketClient(account, setting('BUCKET_NAME'));
}

const DESK = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 844 };

const { source: AXE } = createRequire(import.meta.url)('axe-core') as { readonly source: string };

/** Colours go over into others for a while, and are neither to be judged nor kept then. What moves for good is left to move. */
const SETTLED = `Promise.allSettled(
  document
    .getAnimations()
    .filter(({ effect }) => Number.isFinite(effect.getComputedTiming().endTime))
    .map(({ finished }) => finished),
)`;

/**
 * Looks at a screen as people do: light, dark and on a phone. Nothing serious may be found by axe, and nothing be wider than the screen.
 * With PENUMBRA_SCREENSHOTS set to a folder it keeps there what it saw.
 */
export async function lookAt(page: Page, screen: string): Promise<void> {
  for (const [look, colorScheme, size] of [
    ['light', 'light', DESK],
    ['dark', 'dark', DESK],
    ['phone', 'light', PHONE],
  ] as const) {
    await page.setViewportSize(size);
    await page.emulateMedia({ colorScheme });
    await page.locator(`html[data-mantine-color-scheme=${colorScheme}]`).waitFor({ state: 'attached' });
    await page.evaluate(SETTLED);
    await keep(page, `${screen}-${look}`);
    // Dark is the same page in other colours.
    const rules = look === 'dark' ? ['color-contrast'] : [];
    expect(await seriousFindings(page, rules), `${screen}, ${look}`).toEqual([]);
    const isTooWide = await page.evaluate('document.documentElement.scrollWidth > window.innerWidth');
    expect(isTooWide, `${screen}, ${look}: scrolls sideways`).toBe(false);
  }
  await page.setViewportSize(DESK);
  await page.emulateMedia({ colorScheme: 'light' });
}

async function keep(page: Page, name: string): Promise<void> {
  const folder = process.env.PENUMBRA_SCREENSHOTS;
  if (folder) await page.screenshot({ path: join(folder, `${name}.png`), fullPage: false });
}

interface Violation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

/** What axe-core finds that keeps people from using the page. @param rules those alone, where there are some */
async function seriousFindings(page: Page, rules: readonly string[]): Promise<string[]> {
  await page.evaluate(AXE);
  const options = { resultTypes: ['violations'], ...(rules.length > 0 && { runOnly: rules }) };
  const found = (await page.evaluate(`axe.run(document, ${JSON.stringify(options)})`)) as {
    violations: readonly Violation[];
  };
  return found.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(
      ({ id, nodes }) =>
        `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join('\n')}`,
    );
}
