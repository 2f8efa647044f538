import { fileURLToPath } from 'node:url';
import { type FinishedProcess, type RunningProcess, run, startProcess } from './processes.js';

const BIN = fileURLToPath(new URL('../../bin/', import.meta.url));

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

/** `penumbra serve` as a process of its own, on a free port, from the built package. */
export async function startPenumbra(data: string, env: Variables = {}): Promise<PenumbraServer> {
  const args = [`${BIN}penumbra.js`, 'serve', '--port', '0', '--data', data];
  const options = { until: /^listening on /, env: { ...NO_SETTINGS, ...env } };
  const server = await startProcess(process.execPath, args, options);
  return { ...server, url: server.line.slice('listening on '.length) };
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
  return run(process.execPath, [BIN + bin, ...args], { env: { ...NO_SETTINGS, ...env }, input });
}
