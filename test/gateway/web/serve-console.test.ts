import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Hono } from 'hono';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { serveConsole } from '../../../src/gateway/web/serve-console.js';

let folder: string;
let app: Hono;
const BROWSER = { accept: 'text/html,application/xhtml+xml' };
const SCRIPT = 'export const answer = 42;\n'.repeat(100);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'penumbra-web-'));
  app = new Hono().get('/_/*', serveConsole(folder)).notFound((c) => c.text('not here', 404));
});
afterEach(() => rm(folder, { recursive: true }));

async function build(): Promise<void> {
  await mkdir(join(folder, 'assets'));
  await writeFile(
    join(folder, 'index.html'),
    '<script nonce="__PENUMBRA_NONCE__" src="/_/assets/a-1.js"></script>',
  );
  await writeFile(join(folder, 'assets', 'a-1.js'), SCRIPT);
}

describe('the console', () => {
  it('is one page for every address that a browser goes to, never kept by it', async () => {
    await build();
    for (const path of ['/_/', '/_/settings/jobs/maintenance:7']) {
      const answer = await app.request(path, { headers: BROWSER });
      expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store']);
      expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(await answer.text()).toContain('src="/_/assets/a-1.js"');
    }
  });

  it('may only run its own scripts, ask its own gateway, and be in no frame', async () => {
    await build();
    const { headers } = await app.request('/_/');
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'; script-src 'self';");
    expect(policy).toContain("connect-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
  });

  it('is told another nonce each time, the one of its policy', async () => {
    await build();
    const nonces = new Set<string>();
    for (let time = 0; time < 3; time += 1) {
      const answer = await app.request('/_/');
      const [, nonce = ''] = /nonce="([^"]+)"/.exec(await answer.text()) ?? [];
      expect(answer.headers.get('content-security-policy')).toContain(`'nonce-${nonce}'`);
      nonces.add(nonce);
    }
    expect(nonces.size).toBe(3);
  });

  it('has files that browsers keep for good, compressed for those who take it', async () => {
    await build();
    const plain = await app.request('/_/assets/a-1.js');
    expect(await plain.text()).toBe(SCRIPT);
    expect(plain.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(plain.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    const gzipped = await app.request('/_/assets/a-1.js', { headers: { 'accept-encoding': 'gzip, br' } });
    expect(gzipped.headers.get('content-encoding')).toBe('gzip');
    expect((await gzipped.arrayBuffer()).byteLength).toBeLessThan(SCRIPT.length / 4);
  });

  it.each(['/_/assets/none.js', '/_/assets/../index.html', '/_/assets/..%2findex.html', '/_/none'])(
    'does not answer %s, which is none of its own',
    async (path) => {
      await build();
      expect((await app.request(path)).status).toBe(404);
    },
  );

  it('says when it was not built, and is there as soon as it was', async () => {
    const answer = await app.request('/_/');
    expect([answer.status, await answer.json()]).toEqual([
      404,
      { error: { code: 'no_console', message: 'the console was not built: npm run build' } },
    ]);
    await build();
    expect((await app.request('/_/')).status).toBe(200);
  });
});
