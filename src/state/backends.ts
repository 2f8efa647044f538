import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { Kv, KvEntry } from './kv.js';
import { type RecordFormat, RecordStore, untilDone } from './record-store.js';
import type { Sealer } from './sealing.js';

const backendRecord = z.object({
  name: z.string(),
  /** Random: one of the same name later is another backend. */
  id: z.string(),
  /** JSON of what a backend is declared with in the configuration file; with its secrets, so all of it is sealed. */
  settings: z.string(),
  /** ISO 8601. */
  createdAt: z.string(),
});

/** A backend that was added while gateways run; those that the configuration declares are not in the state. */
export type BackendRecord = z.infer<typeof backendRecord>;

const SPACE = 'backend';

/** Of what is added; it is part of a path of the admin API. */
export const BACKEND_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

/** A bucket was to be in a backend that was removed a moment ago. */
export class BackendRemoved extends Error {
  override readonly name = 'BackendRemoved';

  constructor(backend: string) {
    super(`backend "${backend}" was removed meanwhile`);
  }
}

/** The backends that were added, which all gateways have that share the state. */
export class BackendStore extends RecordStore<BackendRecord> {
  /** False when one of this name was added already. */
  async create(record: BackendRecord): Promise<boolean> {
    const key = this.keyOf(record.name);
    const sets = [{ key, value: this.encode(record) }];
    return this.commit(record.name, { checks: [{ key, version: null }], sets });
  }

  /**
   * The record as it stands in the state, for a commit that begins to use the backend: one that writes it, unchanged, and checks that nobody has
   * meanwhile. Then a removal that did not see the user begins anew.
   *
   * @throws BackendRemoved
   */
  async hold(name: string): Promise<KvEntry> {
    const entry = await this.kv.get(this.keyOf(name));
    if (entry === null) throw new BackendRemoved(name);
    return entry;
  }

  /** Gives it other settings. False when it is not as it was `before` any more. */
  async change(before: BackendRecord, settings: string): Promise<boolean> {
    const { name } = before;
    return untilDone(`backend ${name}`, async () => {
      const found = await this.find(name);
      if (!isDeepStrictEqual(found?.record, before)) return false;
      const key = this.keyOf(name);
      const checks = [{ key, version: found?.version ?? null }];
      const sets = [{ key, value: this.encode({ ...before, settings }) }];
      return (await this.commit(name, { checks, sets })) || 'retry';
    });
  }

  /** False when there is none of this name. `assertUnused` throws what keeps it; it is asked again when somebody has begun to use the backend meanwhile. */
  async delete(name: string, assertUnused: () => Promise<void>): Promise<boolean> {
    return untilDone(`backend ${name}`, async () => {
      const found = await this.find(name);
      if (!found) return false;
      await assertUnused();
      const key = this.keyOf(name);
      const checks = [{ key, version: found.version }];
      return (await this.commit(name, { checks, deletes: [key] })) || 'retry';
    });
  }
}

export const createBackendStore = (kv: Kv, sealer: Sealer): BackendStore =>
  new BackendStore(kv, backendFormat(sealer));

function backendFormat({ seal, open }: Sealer): RecordFormat<BackendRecord> {
  const contextOf = ({ id }: BackendRecord) => `backend/${id}/settings`;
  return {
    space: SPACE,
    names: BACKEND_NAME,
    schema: backendRecord,
    nameOf: ({ name }) => name,
    sealed: (record) => ({ ...record, settings: seal(record.settings, contextOf(record)) }),
    opened: (record) => ({ ...record, settings: open(record.settings, contextOf(record)) }),
  };
}
