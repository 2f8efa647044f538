import { systemClock } from '../system/clock.js';
import { readEnvironment } from '../system/environment.js';
import { type Logger, openLogger } from '../system/logger.js';
import { type Config, type ConfigFlags, loadConfig, logSettings } from './config.js';
import { type Gateway, startGateway, startPassWorker } from './gateway.js';
import { SITE_PREFIX } from './site.js';
import { stopSignal } from './stop-signal.js';
import { watched } from './watched.js';
import { startWorkers } from './workers.js';

/**
 * The `serve` command: runs a gateway, or several as one, until SIGTERM or SIGINT, then drains. Prints one line on stdout when it
 * is ready; the log goes to stderr. Throws ConfigError and whatever else keeps a gateway from starting.
 */
export function serve(flags: ConfigFlags): Promise<void> {
  return runUntilStopped(flags, async (config, log) => {
    const options = { clock: systemClock, log };
    const gateway =
      config.workers === 1
        ? watched(await startGateway(config, options), { config, ...options })
        : await startWorkers(config, options);
    const consoleUrl = (config.publicUrl ?? gateway.url) + SITE_PREFIX;
    return { ...gateway, consoleUrl, readyLine: `listening on ${gateway.url}` };
  });
}

/** The `worker` command: as `serve`, but the process only works on passes, and listens for nobody but Prometheus. */
export function work(flags: ConfigFlags): Promise<void> {
  return runUntilStopped(flags, async (config, log) => {
    const options = { clock: systemClock, log };
    const worker = watched(await startPassWorker(config, options), { config, ...options });
    const { id, metricsUrl } = worker;
    const told = metricsUrl === undefined ? '' : `, metrics at ${metricsUrl}`;
    return { ...worker, readyLine: `working on passes as ${id}${told}` };
  });
}

interface Running extends Pick<Gateway, 'adminPassword' | 'close'> {
  readonly readyLine: string;
  /** Where people sign in; a process that listens nowhere has none. */
  readonly consoleUrl?: string;
}

async function runUntilStopped(
  flags: ConfigFlags,
  start: (config: Config, log: Logger) => Promise<Running>,
): Promise<void> {
  const config = await loadConfig({ flags, environment: readEnvironment(), cwd: process.cwd() });
  const log = await openLogger(logSettings(config));
  const running = await start(config, log);
  // Whoever reads that it is ready may stop it at once.
  const stopped = stopSignal();
  process.stderr.write(firstWords(running));
  process.stdout.write(`${running.readyLine}\n`);
  log.info({ signal: await stopped }, 'draining');
  await running.close();
}

/** What whoever starts it for the first time has to know, and is told once. */
function firstWords({ adminPassword, consoleUrl }: Running): string {
  if (adminPassword === undefined) return '';
  const place = consoleUrl === undefined ? '' : ` Sign in with it at ${consoleUrl}`;
  return `admin password: ${adminPassword}\nIt is not shown again: PENUMBRA_ADMIN_PASSWORD sets another one.${place}\n`;
}
