import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { json as readJson } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { BegunPassJson, PassJson } from '../../src/gateway/admin/pass-schemas.js';
import { type CliOptions, runCli } from '../support/cli.js';
import { describeWith } from '../support/describe-with.js';
import { PACKAGE_ROOT } from '../support/package-root.js';
import { run } from '../support/processes.js';
import { HALF_SWEPT, SWEPT } from './passes.js';

/** What a look at the pass finds: how far it is, a refusal of that status, or nothing at all. */
type Seen = PassJson | number | 'nothing';

interface Asked {
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly body: unknown;
}

/** A gateway whose pass comes along from look to look, and stays as it is last. */
async function gatewayWith(...seen: [Seen, ...Seen[]]) {
  const asked: Asked[] = [];
  const server = createServer(async (incoming, outgoing) => {
    const { method, url = '' } = incoming;
    outgoing.setHeader('content-type', 'application/json');
    if (url.endsWith('/login')) return outgoing.setHeader('set-cookie', 'session=1').end('{"ok":true}');
    if (url.endsWith('/logout')) return outgoing.end('{"ok":true}');
    const path = url.replace('/_/api/admin/buckets/photos/', '');
    asked.push({
      method,
      path,
      body: method === 'GET' ? undefined : await readJson(incoming).catch(() => null),
    });
    if (path.includes('findings')) return outgoing.end(JSON.stringify({ findings: FINDINGS, next: null }));
    const [now] = seen;
    const next = method === 'GET' && seen.length > 1 ? seen.shift() : now;
    if (next === 'nothing') return outgoing.destroy();
    if (typeof next === 'number') outgoing.statusCode = next;
    const code = next === 401 ? 'unauthenticated' : 'refused';
    const refusal = { error: { code, message: `answer ${next}` } };
    return outgoing.end(JSON.stringify(typeof next === 'number' ? refusal : next));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const env = { PENUMBRA_URL: `http://127.0.0.1:${port}`, PENUMBRA_ADMIN_PASSWORD: 'any' };
  return {
    asked,
    env,
    storage: (args: string, options: CliOptions = {}) =>
      runCli(['storage', ...args.split(' ')], { env, ...options }),
  };
}

const FINDINGS = [
  {
    key: 'a b',
    what: 'different',
    reason: 'sizes differ',
    bytes: 3,
    attempts: 1,
    at: '2026-11-22T09:00:00.000Z',
  },
];
const FAILED: BegunPassJson = { ...SWEPT, failed: 3, counts: { failed: { objects: 3, bytes: 9 } } };
const DIFFERENT: BegunPassJson = {
  ...SWEPT,
  counts: { different: { objects: 1, bytes: 3 } },
  findings: { kept: 1, spilled: 2, spilled_to: '/f on host' },
};

describe('what an operator asks of a pass', () => {
  it.each([
    [
      'sweep photos start --max-bandwidth 50MB --catch-up',
      'POST',
      'sweep',
      { max_bandwidth: '50MB', catch_up: true },
    ],
    [
      'sweep photos set --window off --on-drift source-wins',
      'PATCH',
      'sweep',
      { window: 'off', on_drift: 'source-wins' },
    ],
    ['sweep photos pause', 'POST', 'sweep/pause', null],
    ['sweep photos retry-failed', 'POST', 'sweep/retry-failed', null],
    ['sweep photos retry-failed --key a b/c', 'POST', 'sweep/retry-failed', { keys: ['a', 'b/c'] }],
    ['sweep photos status', 'GET', 'sweep', undefined],
    ['verify photos', 'POST', 'verify', {}],
    ['verify photos start --level content --sample 1%', 'POST', 'verify', { level: 'content', sample: 0.01 }],
    ['verify photos stop', 'POST', 'verify/stop', null],
  ])('by "%s" reaches the gateway', async (args, method, path, body) => {
    const { asked, storage } = await gatewayWith(HALF_SWEPT);
    const { code, stderr } = await storage(args);
    expect([code, stderr, asked]).toEqual([0, '', [{ method, path, body }]]);
  });

  it('and what is tried again is told', async () => {
    const { storage } = await gatewayWith({ ...FAILED, retried: 3 } as PassJson);
    expect((await storage('sweep photos retry-failed')).stdout).toMatch(/^3 objects tried again\nSweep /);
    const named = await storage('sweep photos retry-failed --key a b c d');
    expect(named.stdout).toMatch(
      /^3 objects tried again; of the others none has failed, or they are tried already\n/,
    );
  });
});

describe('single keys', () => {
  it('that are not the same are named, and where the others went', async () => {
    const { storage } = await gatewayWith(DIFFERENT);
    expect((await storage('verify photos status')).stdout).toMatch(/\ndifferent {2}"a b" {2}sizes differ\n$/);
    const { stdout } = await storage('verify photos findings');
    expect(stdout.split('\n').slice(1)).toEqual([
      '2026-11-22T09:00:00.000Z  different  1      sizes differ  "a b"',
      '2 more findings in /f on host',
      '',
    ]);
    expect(JSON.parse((await storage('sweep photos failures --json')).stdout)).toEqual({
      findings: FINDINGS,
      spilled: 2,
      spilled_to: '/f on host',
    });
  });
});

describe('--watch', () => {
  it('prints a JSON line for each change, and ends when the pass is over', async () => {
    const { storage } = await gatewayWith(HALF_SWEPT, HALF_SWEPT, HALF_SWEPT, SWEPT);
    const { code, stdout, stderr } = await storage('sweep photos start --watch');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toBe(`${JSON.stringify(HALF_SWEPT)}\n${JSON.stringify(SWEPT)}\n`);
  });

  it('goes on while another pass follows', async () => {
    const { storage } = await gatewayWith({ ...SWEPT, is_over: false }, { ...HALF_SWEPT, number: 3 }, SWEPT);
    expect((await storage('sweep photos status --watch')).stdout.trimEnd().split('\n')).toHaveLength(3);
  });

  it('outlasts a gateway that is restarted', async () => {
    const { storage } = await gatewayWith(HALF_SWEPT, 'nothing', 503, 'nothing', SWEPT);
    expect(await storage('sweep photos status --watch')).toMatchObject({ code: 0, stderr: '' });
  });

  it('outlasts its session where it has the password', async () => {
    const { storage } = await gatewayWith(HALF_SWEPT, 401, HALF_SWEPT, SWEPT);
    expect(await storage('sweep photos status --watch')).toMatchObject({ code: 0, stderr: '' });
  });

  it('ends when it is refused', async () => {
    const { storage } = await gatewayWith(HALF_SWEPT, 409);
    expect(await storage('sweep photos status --watch')).toMatchObject({
      code: 1,
      stderr: 'error: answer 409\n',
    });
  });

  it.each([
    ['sweep', FAILED, 'the sweep of photos failed for 3 objects (storage sweep photos failures)'],
    [
      'sweep',
      { ...SWEPT, state: 'stopped' as const },
      'the sweep of photos was stopped before all was gone through',
    ],
    [
      'verify',
      DIFFERENT,
      'the verification of photos found 1 different and 0 missing (storage verify photos findings)',
    ],
    ['sweep', { ...SWEPT, state: 'idle' as const }, 'the sweep of photos was not begun'],
  ])('fails when a %s did not come to a good end', async (kind, pass, message) => {
    const { storage } = await gatewayWith(pass);
    const { code, stderr } = await storage(`${kind} photos status --watch`);
    expect([code, stderr]).toEqual([1, `error: ${message}\n`]);
  });

  it('leaves the pass running when the reader wants no more', async () => {
    const { asked, storage } = await gatewayWith(HALF_SWEPT);
    const { code, stderr } = await storage('sweep photos status --watch', { interrupted: Promise.resolve() });
    expect([code, stderr]).toEqual([
      130,
      'error: the sweep of photos is watched no longer and goes on by itself\n',
    ]);
    expect(asked.filter(({ method }) => method !== 'GET')).toEqual([]);
  });

  it('draws a bar on a terminal, and tells the end in words', async () => {
    const { storage } = await gatewayWith(HALF_SWEPT, SWEPT);
    const { stdout } = await storage('sweep photos status --watch', { isTerminal: true });
    expect(stdout).toContain('[============------------] 50 %  50/~100 objects');
    expect(stdout).toContain('[========================] 100 %');
    expect(stdout).toContain('\nSweep    2 of photos, done');
    expect(stdout).not.toContain('"state"');
  });
});

describeWith(['script'], 'on a terminal', () => {
  it('a bar is drawn by the package as it is installed', async () => {
    const { env } = await gatewayWith(HALF_SWEPT, SWEPT);
    const command = `${process.execPath} ${join(PACKAGE_ROOT, 'bin', 'storage.js')} sweep photos status --watch`;
    const { code, stdout } = await run('script', ['-qec', command, '/dev/null'], { env });
    expect([code, stdout]).toEqual([0, expect.stringContaining('[========================] 100 %')]);
  });
});
