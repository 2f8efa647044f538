import { join } from 'node:path';
import { PACKAGE_ROOT } from './package-root.js';
import { type FinishedProcess, type RunningProcess, run, startProcess } from './processes.js';

const BIN = join(PACKAGE_ROOT, 'bin');

type Variables = Readonly<Record<string, string | undefined>>;

/** Nothing of the machine's own settings gets in. */
const NO_SETTINGS: Variables = {
  PENUMBRA_CONFIG: undefined,
  PENUMBRA_URL: undefined,
  PENUMBRA_ADMIN_PASSWORD: undefined,
  PENUMBRA_MASTER_KEY: undefined,
  PENUMBRA_ROOT_ACCESS_KEY_ID: undefined,
  PENUMBRA_ROOT_SECRET_ACCESS_KEY: undefined,
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
};

export interface PenumbraServer extends RunningProcess {
  readonly url: string;
}

/** `penumbra serve` as a process of its own, from the built package; on a free port unless one is given. */
export async function startPenumbra(data: string, env: Variables = {}, port = 0): Promise<PenumbraServer> {
  const args = [join(BIN, 'penumbra.js'), 'serve', '--port', `${port}`, '--data', data];
  const options = { until: /^listening on /, env: { ...NO_SETTINGS, ...env } };
  const server = await startProcess(process.execPath, args, options);
  return { ...server, url: server.line.slice('listening on '.length) };
}

/** As `npm start` does it on a machine where it was never started, but on a free port. @param cwd an empty folder */
export async function startFirst(cwd: string): Promise<PenumbraServer> {
  const args = [join(BIN, 'penumbra.js'), 'serve', '--port', '0'];
  const server = await startProcess(process.execPath, args, {
    until: /^listening on /,
    env: NO_SETTINGS,
    cwd,
  });
  return { ...server, url: server.line.slice('listening on '.length) };
}

export interface PassWorkerProcess extends RunningProcess {
  /** As the commands show it. */
  readonly id: string;
  readonly metricsUrl: string | undefined;
}

/** `penumbra worker` as a process of its own. */
export async function startPassWorker(data: string, env: Variables = {}): Promise<PassWorkerProcess> {
  const args = [join(BIN, 'penumbra.js'), 'worker', '--data', data];
  const options = { until: /^working on passes as /, env: { ...NO_SETTINGS, ...env } };
  const worker = await startProcess(process.execPath, args, options);
  const [, id = '', metricsUrl] =
    /^working on passes as (\S+?)(?:, metrics at (\S+))?$/.exec(worker.line) ?? [];
  return { ...worker, id, metricsUrl };
}

export interface CommandOptions {
  readonly env?: Variables;
  readonly input?: string;
  /** The executable in bin/. */
  readonly bin?: 'penumbra.js' | 'storage.js';
}

/** One command as a process of its own, without a terminal. */
export function penumbra(args: readonly string[], options: CommandOptions = {}): Promise<FinishedProcess> {
  const { env = {}, input = '', bin = 'penumbra.js' } = options;
  return run(process.execPath, [join(BIN, bin), ...args], { env: { ...NO_SETTINGS, ...env }, input });
}
