import type { Backend } from '../backends/backend.js';
import { createFilesystemBackend } from '../backends/filesystem/filesystem.js';
import { createRemoteBackend } from '../backends/remote/remote.js';
import { type EncryptionSettings, encryption } from '../filters/encryption/encryption.js';
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
  readonly encryption?: EncryptionSettings | undefined;
}

/** Opens every declared backend, by name, in the order of the configuration. */
export function openBackends(
  { backends, times }: Pick<Config, 'backends' | 'times'>,
  clock: Clock,
): Map<string, StorageBackend> {
  return new Map(backends.map((declared) => [declared.name, openBackend(declared, times, clock)]));
}

export function openBackend(declared: BackendConfig, times: Times, clock: Clock): StorageBackend {
  const at = (backend: Backend) => encrypted(backend, declared, clock);
  const { encryption } = declared;
  if (declared.type === 'filesystem')
    return { backend: at(createFilesystemBackend({ ...declared, clock })), path: declared.path, encryption };
  const { endpoint, region } = declared;
  return { backend: at(createRemoteBackend({ ...declared, clock, times })), endpoint, region, encryption };
}

function encrypted(backend: Backend, { encryption: settings }: BackendConfig, clock: Clock): Backend {
  const { mode } = settings ?? NOT_ENCRYPTED;
  const filter = encryption(settings ?? NOT_ENCRYPTED, { backend: backend.name, clock });
  return { ...backend, service: filter(backend.service), encrypted: mode === 'aes256-gcm' };
}

const NOT_ENCRYPTED = { mode: 'none' } as const;
