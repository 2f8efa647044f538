import type { Command } from 'commander';
import type { ConfigFlags } from '../../gateway/config.js';
import { UsageError } from '../failure.js';

export function addServe(program: Command): void {
  addStateFlags(
    program
      .command('serve')
      .description('run a gateway; flags win over PENUMBRA_* variables, those over the file'),
  )
    .option('--host <host>', 'address to listen on (default: 127.0.0.1)')
    .option('--port <port>', 'port to listen on, 0 for a free one (default: 9000)')
    .option('--public-url <url>', 'address that clients use')
    .option('--access-log <requests>', 'requests that are logged: off, errors or all (default: all)')
    .option('--tls-cert <file>', 'PEM file with the certificate: serve HTTPS; read again when it changes')
    .option('--tls-key <file>', 'PEM file with its key')
    .option('--workers <number>', 'processes that serve on the port (default: 1)')
    .option('--metrics-token <token>', 'lets Prometheus read /_/metrics from other machines')
    .action((flags: ConfigFlags) => runUntilStopped('serve', flags));
}

export function addWorker(program: Command): void {
  addStateFlags(
    program
      .command('worker')
      .description('only work on sweeps and verifications, beside the gateways that have the same state'),
  )
    .option('--metrics-port <port>', 'tell metrics at /_/metrics on this port, 0 for a free one')
    .option('--host <host>', 'address to tell them on (default: 127.0.0.1)')
    .option('--metrics-token <token>', 'lets Prometheus read them from other machines')
    .action((flags: ConfigFlags) => runUntilStopped('work', flags));
}

const addStateFlags = (command: Command): Command =>
  command
    .option('--config <file>', 'YAML file with the backends')
    .option('--data <folder>', 'folder for state and objects (default: ./data)')
    .option('--redis <url>', 'Redis for the state, in place of the folder')
    .option('--log-format <format>', 'json or pretty (default: pretty on a terminal)')
    .option('--log-keys <onOrOff>', 'whether keys of objects show in the log (default: on)');

/** Loads the gateway only here: the other commands need none of it. */
async function runUntilStopped(command: 'serve' | 'work', flags: ConfigFlags): Promise<void> {
  const [gateway, { ConfigError }] = await Promise.all([
    import('../../gateway/serve.js'),
    import('../../gateway/config-file.js'),
  ]);
  await gateway[command](flags).catch((error: unknown) => {
    throw error instanceof ConfigError ? new UsageError(error.message, { cause: error }) : error;
  });
}
