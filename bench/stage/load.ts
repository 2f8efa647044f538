import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { need } from './need.js';

export interface Load {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly method?: string;
  /** A file whose bytes are sent with each request. */
  readonly bodyFile?: string;
  readonly connections: number;
  readonly seconds: number;
}

/** What a load came to, as its clients saw it. */
export interface Borne {
  readonly requests: number;
  readonly seconds: number;
  /** Of the answers, bytes; where requests have long bodies, of these. */
  readonly bytes: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** wrk hands its script microseconds. */
const REPORT = `
done = function(summary, latency)
  local failed = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.status + summary.errors.timeout
  io.write(string.format('\\n@%d %d %d %d %d %d\\n', summary.requests, summary.duration, summary.bytes,
    latency:percentile(50), latency:percentile(99), failed))
end`;

/**
 * The same request again and again over a number of connections, for so many seconds, by wrk.
 *
 * @throws Error when wrk is not installed, when a request failed, or when none was answered
 */
export async function bear(load: Load): Promise<Borne> {
  need('wrk');
  const folder = await mkdtemp(join(tmpdir(), 'penumbra-load-'));
  try {
    const script = join(folder, 'load.lua');
    await writeFile(script, scriptOf(load));
    const headers = Object.entries(load.headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
    const { connections, seconds, url } = load;
    const child = spawn(
      'wrk',
      ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '30s', '-s', script, ...headers, url],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const started = new Promise<void>((resolve, reject) =>
      child.once('spawn', resolve).once('error', reject),
    );
    await started;
    return told(await text(child.stdout), load);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const scriptOf = ({ method = 'GET', bodyFile }: Load): string => `
wrk.method = '${method}'
${bodyFile === undefined ? '' : `wrk.body = io.open('${bodyFile}', 'rb'):read('*a')`}
${REPORT}`;

function told(output: string, { method = 'GET', url }: Load): Borne {
  const numbers = /^@([\d ]+)$/m.exec(output)?.[1]?.split(' ').map(Number) ?? [];
  const [requests = 0, micros = 0, bytes = 0, p50 = 0, p99 = 0, failed = 0] = numbers;
  if (failed > 0) throw new Error(`${failed} of ${requests} requests failed: ${method} ${url}`);
  if (requests === 0) throw new Error(`no request was answered: ${method} ${url}: ${output}`);
  return { requests, seconds: micros / 1e6, bytes, p50Ms: p50 / 1e3, p99Ms: p99 / 1e3 };
}
