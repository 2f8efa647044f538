import { randomUUID } from 'node:crypto';
import { normalize } from 'node:path';
import { isOfBackend, type Place } from '../../state/place.js';
import { type BackendReport, isUsable } from '../backend-report.js';
import { readBackend } from '../config.js';
import { type DeclaredEncryption, withNewKey } from '../encryption-settings.js';
import type { StorageBackend } from '../storage.js';
import type { BackendChangesInput, NewBackendInput } from './backend-schemas.js';
import type { AdminDependencies } from './dependencies.js';
import { AdminError } from './errors.js';

/** Adds a backend, which all gateways have from then on; unless it is told not to, tries it first. @throws AdminError 409, 422 */
export async function addBackend(input: NewBackendInput, deps: AdminDependencies): Promise<TriedBackend> {
  const { probe, probe_bucket: bucket, ...declared } = input;
  const { name } = declared;
  if (await deps.backends.find(name)) refuseTwice(name);
  if (declared.type === 'filesystem') assertOwnFolder(declared.path, deps);
  const settings = JSON.stringify(declared);
  const report = probe ? await tryNew({ name, settings, bucket }, deps) : undefined;
  const createdAt = new Date(deps.clock.now()).toISOString();
  if (!(await deps.addedBackends.create({ name, id: randomUUID(), settings, createdAt }))) refuseTwice(name);
  return { storage: await findBackend(name, deps), report };
}

/** Gives a backend that was added other keys, on all gateways; unless it is told not to, tries it with them first. @throws AdminError 404, 409, 422 */
export async function changeBackend(
  name: string,
  { probe, probe_bucket: bucket, new_key: newKey, ...given }: BackendChangesInput,
  deps: AdminDependencies,
): Promise<TriedBackend> {
  if (deps.backends.isDeclared(name)) refuseDeclared(name, deps);
  const record = (await deps.addedBackends.get(name)) ?? refuseUnknownBackend(name);
  const before = JSON.parse(record.settings);
  if (before.type !== 's3')
    throw new AdminError(
      409,
      'cannot_change',
      `backend "${name}" is a folder, whose settings cannot be changed`,
    );
  const encryption = newKey
    ? rekeyed(name, before.encryption, newKey)
    : (given.encryption ?? before.encryption);
  const settings = JSON.stringify({ ...before, ...given, encryption });
  const report = probe ? await tryNew({ name, settings, bucket }, deps) : undefined;
  if (!(await deps.addedBackends.change(record, settings)))
    throw new AdminError(409, 'backend_changed', `backend "${name}" was changed meanwhile: try again`);
  return { storage: await findBackend(name, deps), report };
}

/** @throws AdminError 409 */
function rekeyed(
  name: string,
  encryption: DeclaredEncryption,
  newKey: NonNullable<BackendChangesInput['new_key']>,
): DeclaredEncryption {
  const changed = withNewKey(encryption, newKey);
  if (changed) return changed;
  const why =
    encryption?.mode === 'aes256-gcm'
      ? `has a key "${newKey.key_id}" already`
      : 'is not encrypted by aes256-gcm: it has no keys';
  throw new AdminError(409, 'cannot_change', `backend "${name}" ${why}`);
}

export interface TriedBackend {
  readonly storage: StorageBackend;
  /** Undefined where it was not tried. */
  readonly report: BackendReport | undefined;
}

/** Removes a backend that was added, on all gateways. @throws AdminError 404, or 409 for one that the configuration declares, or that is used */
export async function removeBackend(name: string, deps: AdminDependencies): Promise<void> {
  if (deps.backends.isDeclared(name)) refuseDeclared(name, deps);
  const isRemoved = await deps.addedBackends.delete(name, async () => {
    const users = await usersOf(name, deps);
    if (users.length === 0) return;
    throw new AdminError(409, 'backend_in_use', `backend "${name}" is used: it is ${users.join(', ')}`);
  });
  if (!isRemoved) refuseUnknownBackend(name);
}

/** @throws AdminError 404 */
export async function findBackend(
  name: string,
  { backends }: Pick<AdminDependencies, 'backends'>,
): Promise<StorageBackend> {
  return (await backends.find(name)) ?? refuseUnknownBackend(name);
}

interface Untried {
  readonly name: string;
  readonly settings: string;
  readonly bucket: string | undefined;
}

async function tryNew({ name, settings, bucket }: Untried, deps: AdminDependencies): Promise<BackendReport> {
  const storage = deps.openBackend(readBackend(settings, name));
  try {
    const report = await deps.probeBackend(storage, bucket);
    if (isUsable(report)) return report;
    throw new AdminError(422, 'backend_refused', `backend "${name}" cannot be used: ${failuresOf(report)}`);
  } finally {
    await storage.backend.close();
  }
}

/** `reachable: connect ECONNREFUSED 127.0.0.1:1` */
function failuresOf({ checks }: BackendReport): string {
  const failed = Object.entries(checks).filter(([, { ok }]) => ok === false);
  return failed.map(([name, { reason }]) => `${name}: ${reason}`).join('; ');
}

/** Two backends in one folder would each have the other's buckets. */
function assertOwnFolder(path: string, { backends }: AdminDependencies): void {
  const other = backends
    .all()
    .find((one) => one.path !== undefined && normalize(one.path) === normalize(path));
  if (other === undefined) return;
  throw new AdminError(
    409,
    'backend_exists',
    `backend "${other.backend.name}" has the folder ${path} already`,
  );
}

async function usersOf(name: string, { buckets, jobRecords }: AdminDependencies): Promise<string[]> {
  const isThere = (place: Place | undefined) => isOfBackend(place, name);
  const users: string[] = [];
  for await (const { name: bucket, target, shadow } of buckets.all()) {
    if (isThere(target)) users.push(`the target of bucket "${bucket}"`);
    if (isThere(shadow?.place)) users.push(`the shadow of bucket "${bucket}"`);
  }
  for (const id of await jobRecords.active()) {
    const job = await jobRecords.get(id);
    if (isThere(job?.from) || isThere(job?.to)) users.push(`a place of job maintenance:${id}`);
  }
  return users;
}

function refuseTwice(name: string): never {
  throw new AdminError(409, 'backend_exists', `there is a backend "${name}" already`);
}

function refuseDeclared(name: string, { defaultBackend }: AdminDependencies): never {
  const what = name === defaultBackend ? 'is the default, and ' : '';
  const message = `backend "${name}" ${what}stands in the configuration file: remove it there`;
  throw new AdminError(409, 'backend_declared', message);
}

function refuseUnknownBackend(name: string): never {
  throw new AdminError(404, 'no_such_backend', `no backend "${name}"`);
}
