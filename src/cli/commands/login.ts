import type { Command } from 'commander';
import { gatewayUrl, logIn } from '../admin-client.js';
import { type Io, print } from '../io.js';
import { readSecret } from '../prompts.js';
import { openSessionFile } from '../session-file.js';

interface LoginFlags {
  readonly url?: string;
  readonly json?: true;
}

export function addLogin(program: Command, io: Io): void {
  program
    .command('login')
    .description('open a session with the admin password, asked for or read from stdin')
    .option('--url <url>', 'the gateway (or PENUMBRA_URL; default: http://127.0.0.1:9000)')
    .option('--json', 'print one JSON document')
    .action((flags: LoginFlags) => login(flags, io));
}

async function login(flags: LoginFlags, io: Io): Promise<void> {
  const url = gatewayUrl(io, flags.url);
  const password = io.environment.adminPassword ?? (await readSecret(io, `Admin password of ${url}`));
  await openSessionFile(io.environment).write(url, await logIn(url, password));
  print(io, { json: { ok: true, url }, text: [`logged in to ${url}`] }, flags.json);
}
