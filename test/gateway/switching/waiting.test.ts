import { expect, test } from 'vitest';
import { createWaiting } from '../../../src/gateway/switching/waiting.js';
import type { LiveGateway } from '../../../src/state/gateway-leases.js';
import { bucketNamed, SHADOW } from '../../state/records.js';

const swap = {
  conditionalWrites: { put: true, complete: true, match: true },
  trailingChecksums: false,
  force: false,
};
/** All are on the rung in its second epoch, and the places are to be exchanged. */
const RECORD = bucketNamed('b', {
  shadow: { ...SHADOW, rung: 'swapping', aim: 'swap', confirmed: true, swap },
  epoch: 9,
});

const at = (id: string, epoch?: number): LiveGateway => ({
  id,
  acknowledged: epoch === undefined ? {} : { [RECORD.id]: epoch },
});

const waitingFor = (readers: readonly LiveGateway[], owes = false) =>
  createWaiting({
    leases: { live: async () => [at('one', 9)], readers: async () => [...readers] },
    ledgerOf: () => ({ hasOpenBefore: async () => false, owesBefore: async () => owes }),
  });

test('an exchange waits for those who were out of touch before they heard of it, and may read from the old target', async () => {
  const readers = [at('one', 9), at('heard of it', 8), at('long gone', 7), at('new')];
  expect(await waitingFor(readers)(RECORD)).toEqual(
    ['long gone', 'new'].map(
      (id) => `gateway ${id}, which is out of touch and may still be reading (force, if it is gone for good)`,
    ),
  );
  const forced = { ...RECORD, shadow: RECORD.shadow && { ...RECORD.shadow, swap: { ...swap, force: true } } };
  expect(await waitingFor(readers)(forced)).toEqual([]);
});

test('an exchange waits for deletes that the shadow is owed, by force as well', async () => {
  const forced = { ...RECORD, shadow: RECORD.shadow && { ...RECORD.shadow, swap: { ...swap, force: true } } };
  expect(await waitingFor([], true)(forced)).toEqual(['deletes that the shadow is owed']);
});
