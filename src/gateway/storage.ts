import type { Backend } from '../backends/backend.js';
import { createFilesystemBackend } from '../backends/filesystem/filesystem.js';
import { createRemoteBackend } from '../backends/remote/remote.js';
import type { Clock } from '../system/clock.js';
import type { BackendConfig } from './config.js';

/** A declared backend, opened. */
export interface StorageBackend {
  readonly backend: Backend;
  /** Of one that is an S3 endpoint. */
  readonly endpoint?: string;
  readonly region?: string;
}

/** Opens every declared backend, by name, in the order of the configuration. */
export function openBackends(declared: readonly BackendConfig[], clock: Clock): Map<string, StorageBackend> {
  return new Map(declared.map((config) => [config.name, openBackend(config, clock)]));
}

function openBackend(config: BackendConfig, clock: Clock): StorageBackend {
  if (config.type === 'filesystem') return { backend: createFilesystemBackend({ ...config, clock }) };
  const { endpoint, region } = config;
  return { backend: createRemoteBackend({ ...config, clock }), endpoint, region };
}
