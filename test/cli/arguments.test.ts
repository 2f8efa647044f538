import { describe, expect, it } from 'vitest';
import { runCli } from '../support/cli.js';

const SHADOW = ['--shadow-endpoint', 'http://127.0.0.1:1', '--shadow-region', 'us-east-1'];
const KEYS = ['--shadow-access-key', 'AKID', '--shadow-secret-key', 'secret'];
const CREATE = ['storage', 'create', '-n', 'photos'];
const SWEEP = ['storage', 'sweep', 'photos'];
/** Nothing listens on port 1: a command that gets this far was rightly put. */
const NOBODY = { PENUMBRA_URL: 'http://127.0.0.1:1', PENUMBRA_ADMIN_PASSWORD: 'password' };

describe('wrong usage ends with 2, one line on stderr and nothing on stdout', () => {
  it.each([
    ['an unknown command', ['frobnicate'], 'unknown command'],
    ['an unknown flag', [...CREATE, '--frobnicate'], "unknown option '--frobnicate'"],
    ['create without a name', ['storage', 'create'], '-n, --name'],
    ['status without a name', ['storage', 'status'], "missing required argument 'name'"],
    ['an argument too many', ['storage', 'status', 'a', 'b'], 'too many arguments'],
    [
      'an unknown place for deletes',
      [...CREATE, ...SHADOW, ...KEYS, '--shadow-delete', 'none'],
      'both, target',
    ],
    ['an unknown role', ['keys', 'create', 'photos', '--role', 'owner'], 'admin, editor, readonly'],
    [
      'an endpoint without a scheme',
      [...CREATE, ...SHADOW, ...KEYS, '--shadow-endpoint', 'localhost:9000'],
      'http:// or https://',
    ],
    [
      'an endpoint with a path',
      [...CREATE, ...SHADOW, ...KEYS, '--shadow-endpoint', 'http://host/bucket'],
      'without path',
    ],
    ['update without a change', ['storage', 'update', 'photos'], 'nothing to change'],
    [
      'both public and private',
      ['storage', 'update', 'photos', '--public', '--private'],
      'exclude each other',
    ],
    [
      'a new shadow and none',
      ['storage', 'update', 'photos', '--clear-shadow', ...SHADOW],
      'exclude each other',
    ],
    [
      'force without a shadow to leave',
      ['storage', 'update', 'photos', '--public', '--force'],
      '--clear-shadow',
    ],
    ['destroy with nobody to ask', ['storage', 'destroy', 'photos'], '-y'],
    ['a sweep of nothing', ['storage', 'sweep', 'photos'], "missing required argument 'action'"],
    ['an unknown action', ['storage', 'sweep', 'photos', 'begin'], 'retry-failed'],
    [
      'a limit that is none',
      [...SWEEP, 'start', '--max-bandwidth', '50'],
      '--max-bandwidth "50" must be bytes',
    ],
    ['a sweep of a new bucket without a shadow', [...CREATE, '--sweep'], '--sweep goes with --shadow-*'],
    ['a sweep of no new shadow', ['storage', 'update', 'photos', '--sweep'], 'storage sweep'],
    ['nothing to set', [...SWEEP, 'set'], 'nothing to set'],
    [
      'limits for what is paused',
      [...SWEEP, 'pause', '--max-requests', '3'],
      'settings go with start and set',
    ],
    ['to look on at what is paused', [...SWEEP, 'pause', '--watch'], '--watch goes with start'],
    [
      'keys of which none has to have failed',
      [...SWEEP, 'start', '--key', 'a'],
      '--key goes with retry-failed',
    ],
    ['an unknown resolution', [...SWEEP, 'start', '--on-drift', 'panic'], 'source-wins'],
    ['an unknown level', ['storage', 'verify', 'photos', '--level', 'all'], 'listing, checksum, content'],
    ['a share that is none', ['storage', 'verify', 'photos', '--sample', '2'], 'It must be a percentage'],
    ['a share of more than all', ['storage', 'verify', 'photos', '--sample', '101%'], 'up to 100%'],
    ['an empty password on stdin', ['login'], 'expected on stdin'],
  ])('%s', async (_, args, message) => {
    const { code, stdout, stderr } = await runCli(args);
    expect(stderr).toMatch(/^error: [^\n]+\n$/);
    expect(stderr).toContain(message);
    expect([code, stdout]).toEqual([2, '']);
  });

  it('a gateway URL that is none', async () => {
    const { code, stderr } = await runCli(['storage', 'list'], { env: { PENUMBRA_URL: 'localhost:9000' } });
    expect(stderr).toBe(
      'error: gateway URL "localhost:9000" must be an http:// or https:// URL (--url, PENUMBRA_URL)\n',
    );
    expect(code).toBe(2);
  });
});

describe('a partial set of shadow flags', () => {
  it('names every flag that is missing', async () => {
    const { code, stderr } = await runCli([...CREATE, '--shadow-write-through']);
    expect(stderr).toBe(
      'error: a shadow needs --shadow-endpoint, --shadow-region, ' +
        '--shadow-access-key (or PENUMBRA_SHADOW_ACCESS_KEY), ' +
        '--shadow-secret-key (or PENUMBRA_SHADOW_SECRET_KEY) as well\n',
    );
    expect(code).toBe(2);
  });

  it('counts the prefix of the target as one', async () => {
    const { code, stderr } = await runCli([...CREATE, ...KEYS, '--target-prefix', 'old/']);
    expect([code, stderr]).toEqual([2, 'error: a shadow needs --shadow-endpoint, --shadow-region as well\n']);
    const cleared = await runCli(['storage', 'update', 'photos', '--clear-shadow', '--target-prefix', '']);
    expect(cleared.stderr).toContain('exclude each other');
  });

  it('names one flag alone when the rest is there', async () => {
    const { stderr } = await runCli([...CREATE, ...KEYS, '--shadow-region', 'r']);
    expect(stderr).toBe('error: a shadow needs --shadow-endpoint as well\n');
  });

  it('is whole when the secrets are in the environment', async () => {
    const env = { ...NOBODY, PENUMBRA_SHADOW_ACCESS_KEY: 'AKID', PENUMBRA_SHADOW_SECRET_KEY: 'secret' };
    const { code, stderr } = await runCli([...CREATE, ...SHADOW], { env });
    expect(stderr).toContain('connect ECONNREFUSED');
    expect(code).toBe(1);
  });

  it('is not begun by secrets in the environment', async () => {
    const env = { ...NOBODY, PENUMBRA_SHADOW_ACCESS_KEY: 'AKID' };
    expect((await runCli(CREATE, { env })).stderr).toContain('connect ECONNREFUSED');
  });
});

describe('a gateway that cannot be asked', () => {
  it('is named with the reason when nothing listens', async () => {
    expect(await runCli(['storage', 'list'], { env: NOBODY })).toEqual({
      code: 1,
      stdout: '',
      stderr: 'error: no gateway answers at http://127.0.0.1:1: connect ECONNREFUSED 127.0.0.1:1\n',
    });
  });

  it('is not asked without a session', async () => {
    const env = { XDG_CONFIG_HOME: '/nonexistent', PENUMBRA_URL: 'http://127.0.0.1:1' };
    const { code, stderr } = await runCli(['storage', 'list'], { env });
    expect(stderr).toBe(
      'error: not logged in to http://127.0.0.1:1: run "penumbra login", or set PENUMBRA_ADMIN_PASSWORD or PENUMBRA_TOKEN\n',
    );
    expect(code).toBe(1);
  });
});

describe('help and version', () => {
  it('are answers, not errors', async () => {
    expect(await runCli(['--version'])).toEqual({ code: 0, stdout: '1.2.3\n', stderr: '' });
    const help = await runCli(['storage', 'create', '--help']);
    expect(help.stdout).toContain('--shadow-write-through');
    expect(help.code).toBe(0);
  });

  it('help is wrong usage where a command is missing', async () => {
    const { code, stdout, stderr } = await runCli(['storage']);
    expect(stderr).toContain('Usage: penumbra storage');
    expect([code, stdout]).toEqual([2, '']);
  });
});
