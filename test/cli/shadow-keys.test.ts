import { expect, it } from 'vitest';
import type { Io } from '../../src/cli/io.js';
import { readShadowChanges } from '../../src/cli/shadow-flags.js';

const environment = { shadowAccessKey: 'ID-OF-ENV', shadowSecretKey: 'SECRET-OF-ENV' };
const io = { environment } as Io;

it.each([
  [{ shadowAccessKey: 'NEW' }, 'NEW', 'SECRET-OF-ENV'],
  [{ shadowSecretKey: 'new' }, 'ID-OF-ENV', 'new'],
  [{ shadowWriteThrough: true }, undefined, undefined],
])(
  'of new keys for the shadow that a bucket has, one may be in the environment: %o',
  async (flags, id, secret) => {
    const changes = await readShadowChanges(flags, io);
    expect([changes?.access_key_id, changes?.secret_access_key]).toEqual([id, secret]);
  },
);
