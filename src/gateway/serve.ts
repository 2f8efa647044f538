import { systemClock } from '../system/clock.js';
import { readEnvironment } from '../system/environment.js';
import { createLogger } from '../system/logger.js';
import { type ConfigFlags, loadConfig } from './config.js';
import { startGateway } from './gateway.js';
import { stopSignal } from './stop-signal.js';
import { startWorkers } from './workers.js';

/**
 * The `serve` command: runs a gateway, or several as one, until SIGTERM or SIGINT, then drains. Prints one line on stdout when it
 * is ready; the log goes to stderr. Throws ConfigError and whatever else keeps a gateway from starting.
 */
export async function serve(flags: ConfigFlags): Promise<void> {
  const config = await loadConfig({ flags, environment: readEnvironment(), cwd: process.cwd() });
  const log = createLogger({ level: config.logLevel });
  const start = config.workers === 1 ? startGateway : startWorkers;
  const gateway = await start(config, { clock: systemClock, log });
  // Whoever reads that it listens may stop it at once.
  const stopped = stopSignal();
  if (gateway.adminPassword !== undefined) process.stderr.write(`admin password: ${gateway.adminPassword}\n`);
  process.stdout.write(`listening on ${gateway.url}\n`);
  log.info({ signal: await stopped }, 'draining');
  await gateway.close();
}
