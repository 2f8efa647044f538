import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './ports.js';
import { type RunningProcess, startProcess } from './processes.js';

export interface RedisServer {
  readonly url: string;
  readonly port: number;
  /** Ends the server, as a crash does with SIGKILL; what was stored is gone unless it is durable. */
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** Starts it again on the same port, with what it stored durably. */
  restart(): Promise<void>;
  /** From now on it does nothing, and nobody is told why. */
  pause(): void;
  resume(): void;
  /** Ends it and removes its folder. */
  close(): Promise<void>;
}

interface RedisOptions {
  /** What it has acknowledged survives its end; otherwise it begins empty each time. */
  readonly durable?: boolean;
}

/** A real redis-server of its own on a free port of loopback. */
export async function startRedis({ durable = false }: RedisOptions = {}): Promise<RedisServer> {
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), 'penumbra-redis-'));
  const args = [
    '--port',
    `${port}`,
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    ...(durable ? ['--appendonly', 'yes', '--appendfsync', 'always'] : ['--appendonly', 'no']),
    '--dir',
    folder,
  ];
  const start = () => startProcess('redis-server', args, { until: /Ready to accept connections/ });
  let server: RunningProcess = await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    async stop(signal) {
      await server.stop(signal);
    },
    async restart() {
      await server.stop();
      server = await start();
    },
    pause() {
      process.kill(server.pid, 'SIGSTOP');
    },
    resume() {
      process.kill(server.pid, 'SIGCONT');
    },
    async close() {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
