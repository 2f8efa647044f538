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

/** Asks the admin API of a gateway within one session, since each login costs it a hash that is slow on purpose. @throws Error when it refuses */
export type Admin = (
  path: string,
  init?: { readonly method: string; readonly body: string },
) => Promise<unknown>;

export async function adminOf(url: string): Promise<Admin> {
  const base = `${url}/_/api/admin`;
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ password: ADMIN.PENUMBRA_ADMIN_PASSWORD });
  const login = await fetch(`${base}/login`, { method: 'POST', headers, body });
  const cookie = login.headers.get('set-cookie')?.split(';', 1)[0] ?? '';
  return async (path, init) => {
    const answer = await fetch(base + path, { ...init, headers: { ...headers, cookie } });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  };
}
