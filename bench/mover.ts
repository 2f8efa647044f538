import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Where a mover finds a store. */
export interface Store {
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export const ADMIN = { PENUMBRA_ADMIN_PASSWORD: 'password-of-the-bench', PENUMBRA_LOG_LEVEL: 'warn' };

/** Writes the configuration of a gateway whose one backend is a store, and resolves to its path. */
export async function configure(
  { endpoint, region, accessKeyId, secretAccessKey }: Store,
  folder: string,
): Promise<string> {
  const path = join(folder, 'mover.yaml');
  const backend = {
    name: 'to',
    type: 's3',
    endpoint,
    region,
    access_key_id: accessKeyId,
    secret_access_key: secretAccessKey,
  };
  await writeFile(path, JSON.stringify({ storage: { default_backend: 'to', backends: [backend] } }));
  return path;
}

/** Of `storage create`, to have it move a bucket away from a store. */
export const shadowFlags = (
  { endpoint, region, accessKeyId, secretAccessKey }: Store,
  name?: string,
): string[] => [
  ...(name === undefined ? [] : ['--shadow-name', name]),
  ...['--shadow-endpoint', endpoint, '--shadow-region', region],
  ...['--shadow-access-key', accessKeyId, '--shadow-secret-key', secretAccessKey],
];
