import type { Command } from 'commander';
import type { ConfigFlags } from '../../gateway/config.js';
import { UsageError } from '../failure.js';

export function addServe(program: Command): void {
  program
    .command('serve')
    .description('run a gateway; flags win over PENUMBRA_* variables, those over the file')
    .option('--config <file>', 'YAML file with the backends')
    .option('--host <host>', 'address to listen on (default: 127.0.0.1)')
    .option('--port <port>', 'port to listen on, 0 for a free one (default: 9000)')
    .option('--data <folder>', 'folder for state and objects (default: ./data)')
    .option('--redis <url>', 'Redis for the state, in place of the folder')
    .option('--public-url <url>', 'address that clients use')
    .option('--workers <number>', 'processes that serve on the port (default: 1)')
    .action(serveUntilStopped);
}

/** Loads the gateway only here: the other commands need none of it. */
async function serveUntilStopped(flags: ConfigFlags): Promise<void> {
  const [{ serve }, { ConfigError }] = await Promise.all([
    import('../../gateway/serve.js'),
    import('../../gateway/config-file.js'),
  ]);
  await serve(flags).catch((error: unknown) => {
    throw error instanceof ConfigError ? new UsageError(error.message, { cause: error }) : error;
  });
}
