import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../gateway/harness.js';
import { runCli } from '../support/cli.js';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway();
});

afterAll(() => gateway?.close());

const asAdmin = () => ({ PENUMBRA_URL: gateway.url, PENUMBRA_ADMIN_PASSWORD: 'open sesame' });
const penumbra = (args: string, env: Readonly<Record<string, string>> = asAdmin()) =>
  runCli(args.split(/ +/), { env });

async function create(flags: string): Promise<{ id: string; token: string }> {
  return JSON.parse((await penumbra(`token create --name ci ${flags} --json`)).stdout);
}

describe('token', () => {
  it('makes one that the commands use in place of a password, until it is revoked', async () => {
    const { id, token } = await create('--role admin --expires 90d');
    const env = { PENUMBRA_URL: gateway.url, PENUMBRA_TOKEN: token };
    expect((await penumbra('storage create -n photos', env)).code).toBe(0);
    expect((await penumbra('storage list', env)).stdout).toContain('photos');
    expect((await penumbra(`token revoke ${id}`)).stdout).toBe(`revoked token ${id}\n`);
    const { code, stderr } = await penumbra('storage list', env);
    expect([code, stderr]).toEqual([
      1,
      'error: the token is not known: it was revoked, it has expired, or it is of another installation\n',
    ]);
  });

  it('only lets look unless it is told otherwise, whoever else may do more', async () => {
    const { token } = await create('');
    const env = { ...asAdmin(), PENUMBRA_TOKEN: token };
    expect((await penumbra('storage list', env)).code).toBe(0);
    const { code, stderr } = await penumbra('storage create -n videos', env);
    expect([code, stderr]).toEqual([1, 'error: this token may only read\n']);
  });

  it('is printed as the variable that it is given by, and listed without itself', async () => {
    const { stdout } = await penumbra('token create --name backup --expires 12h');
    const [, token = ''] = /^PENUMBRA_TOKEN: (\S+)$/m.exec(stdout) ?? [];
    const list = await penumbra('token list');
    expect(list.stdout).toMatch(/^ID +NAME +ROLE +CREATED +EXPIRES\n/);
    expect(list.stdout).toMatch(/ backup +read +20\S+Z +20\S+Z\n/);
    expect(list.stdout).not.toContain(token.slice(-43));
    expect(JSON.stringify(gateway.logged)).not.toContain(token.slice(-43));
  });

  it.each(['90', '1w', '0d', '-1d', ''])('does not take "%s" for a time', async (time) => {
    const args = ['token', 'create', '--name', 'ci', '--expires', time];
    const { code, stderr } = await runCli(args, { env: asAdmin() });
    expect([code, stderr]).toEqual([2, expect.stringContaining('such as 90d or 12h')]);
  });
});
