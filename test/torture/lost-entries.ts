import type { WitnessedOperation } from './history.js';

/** What is of unknown outcome has been applied by then, or never will be. */
const LONGEST_MS = 30_000;

/**
 * Ceph RGW 16 now and then loses the index entry of an object that is written while another request deletes it: the object is there, and no
 * listing shows it (one of a hundred such races, without any gateway). What a listing does not show after such a race is therefore
 * nothing to judge a gateway by.
 */
export function withoutLostEntries(operations: readonly WitnessedOperation[]): readonly WitnessedOperation[] {
  const deletes = operations.filter(({ kind }) => kind.startsWith('delete'));
  const writes = operations.filter(({ kind }) => kind === 'copy' || kind.startsWith('put'));
  const races = writes.flatMap((write) =>
    deletes.filter((one) => overlap(write, one)).map((one) => Math.max(write.invoked, one.invoked)),
  );
  const first = races.reduce((earliest, at) => Math.min(earliest, at), Number.POSITIVE_INFINITY);
  return operations.filter(
    ({ what, value, returned }) => what !== 'list' || value !== null || returned < first,
  );
}

const overlap = (one: WitnessedOperation, other: WitnessedOperation): boolean =>
  one.invoked <= endOf(other) && other.invoked <= endOf(one);

const endOf = ({ invoked, returned }: WitnessedOperation): number => Math.min(returned, invoked + LONGEST_MS);
