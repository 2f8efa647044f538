import type { Backend } from '../backends/backend.js';
import { createFilesystemBackend } from '../backends/filesystem/filesystem.js';
import { createRemoteBackend } from '../backends/remote/remote.js';
import type { Clock } from '../system/clock.js';
import type { Times } from '../system/times.js';
import type { BackendConfig, Config } from './config.js';

/** A backend, opened. */
export interface StorageBackend {
  readonly backend: Backend;
  /** Of one that is an S3 endpoint. */
  readonly endpoint?: string;
  readonly region?: string;
  /** Of one that is a folder. */
  readonly path?: string;
}

/** Opens every declared backend, by name, in the order of the configuration. */
export function openBackends(
  { backends, times }: Pick<Config, 'backends' | 'times'>,
  clock: Clock,
): Map<string, StorageBackend> {
  return new Map(backends.map((declared) => [declared.name, openBackend(declared, times, clock)]));
}

export function openBackend(declared: BackendConfig, times: Times, clock: Clock): StorageBackend {
  if (declared.type === 'filesystem')
    return { backend: createFilesystemBackend({ ...declared, clock }), path: declared.path };
  const { endpoint, region } = declared;
  return { backend: createRemoteBackend({ ...declared, clock, times }), endpoint, region };
}
