import { Backends } from '../../src/gateway/backends.js';
import type { StorageBackend } from '../../src/gateway/storage.js';
import { createLogger } from '../../src/system/logger.js';

const NONE_ADDED = {
  addedBackend: () => undefined,
  addedBackends: () => [],
  lookUpAddedBackend: async () => undefined,
  onChange: () => () => undefined,
};

/** The backends of a gateway that has these alone. */
export const declaredBackends = (...declared: StorageBackend[]): Backends =>
  new Backends({
    declared: new Map(declared.map((one) => [one.backend.name, one])),
    registry: NONE_ADDED,
    store: { hold: () => Promise.reject(new Error('none is added')) },
    open: () => {
      throw new Error('none is added');
    },
    log: createLogger({ level: 'silent' }),
  });
