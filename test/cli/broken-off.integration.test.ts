import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { runCli } from '../support/cli.js';
import { PACKAGE_ROOT } from '../support/package-root.js';

type Answer = (incoming: IncomingMessage, outgoing: ServerResponse) => void;

/** A gateway that lets everybody in and answers the rest as the test says. */
async function gatewayAnswering(answer: Answer) {
  const server = createServer((incoming, outgoing) => {
    outgoing.setHeader('content-type', 'application/json');
    if (!/\/log(in|out)$/.test(incoming.url ?? '')) return answer(incoming, outgoing);
    outgoing.setHeader('set-cookie', 'session=1').end('{"ok":true}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return { PENUMBRA_URL: `http://127.0.0.1:${port}`, PENUMBRA_ADMIN_PASSWORD: 'any' };
}

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
