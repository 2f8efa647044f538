import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { runCli } from '../support/cli.js';
import { PACKAGE_ROOT } from '../support/package-root.js';
import { gatewayAnswering } from './gateway-answering.js';

test('a change that was saved is not called a failure when its gateway goes before it has told the status', async () => {
  const env = await gatewayAnswering(({ method }, outgoing) => {
    if (method === 'PATCH') outgoing.end('{}');
    else outgoing.destroy();
  });
  const { code, stderr } = await runCli(['storage', 'update', 'photos', '--public'], { env });
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /^error: the change of photos is saved; its status is not known: no gateway answers at /,
  );
});

test('a reader that has seen enough is no error', async () => {
  const env = await gatewayAnswering((_, outgoing) => outgoing.end('{"buckets":[],"next":null}'));
  const args = [join(PACKAGE_ROOT, 'bin', 'penumbra.js'), 'storage', 'list'];
  const command = spawn(process.execPath, args, { env: { ...env, HOME: PACKAGE_ROOT } });
  command.stdout.destroy();
  const [said, [code]] = await Promise.all([text(command.stderr), once(command, 'exit')]);
  expect([said, code]).toEqual(['', 0]);
});
