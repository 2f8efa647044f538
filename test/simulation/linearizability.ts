/** One operation on one key, as its client saw it. Times are positions in the order of all events. */
export interface Operation {
  readonly client: string;
  readonly kind: 'put' | 'put-if-absent' | 'put-if-match' | 'copy' | 'delete' | 'delete-if-match' | 'get';
  /** What was written; of a get what was read: a value, or null for no object. Null of a copy: whatever its source had. */
  readonly value: string | null;
  /** What a conditional operation wants to find. */
  readonly expected?: string;
  readonly invoked: number;
  /** Infinity: the client never learned the outcome. */
  readonly returned: number;
  /** `refused`: a conditional operation was told that its condition does not hold. `unknown`: it took effect once or never. */
  readonly outcome: 'done' | 'refused' | 'unknown';
}

/**
 * Whether there is an order of the operations, each at some instant between its call and its return, in which a single object that
 * is written, deleted and read one operation at a time gives all the answers that were given (Herlihy and Wing, 1990). Those of
 * unknown outcome may be anywhere after their call, or nowhere. The search is Wing and Gong's, remembering states seen.
 */
export function isLinearizable(
  operations: readonly Operation[],
  initial: string | null,
  everyValue: readonly string[] = [],
): boolean {
  const told = operations.filter(({ kind, outcome }) => kind !== 'get' || outcome === 'done');
  const certain = told.filter(({ outcome }) => outcome !== 'unknown');
  // Tried in this order: dozens that may have done nothing have more subsets than can be remembered.
  const relevant = [...certain, ...told.filter(({ outcome }) => outcome === 'unknown')];
  const required = certain.length;
  const seen = new Set<string>();

  function search(done: bigint, completed: number, value: string | null): boolean {
    if (completed === required) return true;
    const state = `${done}:${value}`;
    if (seen.has(state)) return false;
    seen.add(state);
    const pending = (index: number) => (done & (1n << BigInt(index))) === 0n;
    let firstReturn = Number.POSITIVE_INFINITY;
    for (const [index, { returned }] of relevant.entries())
      if (pending(index)) firstReturn = Math.min(firstReturn, returned);
    for (const [index, operation] of relevant.entries()) {
      if (!pending(index) || operation.invoked > firstReturn) continue;
      const after = completed + (operation.outcome === 'unknown' ? 0 : 1);
      const found = apply(operation, value, everyValue).some((next) =>
        search(done | (1n << BigInt(index)), after, next),
      );
      if (found) return true;
    }
    return false;
  }

  return search(0n, 0, initial);
}

/** The values that there may be after the operation; none when it could not have had its outcome on `value`. */
export function apply(
  { kind, value: own, outcome, expected }: Operation,
  value: string | null,
  everyValue: readonly string[],
): readonly (string | null)[] {
  const when = (holds: boolean): readonly (string | null)[] => {
    if (outcome === 'refused') return holds ? [] : [value];
    return holds ? [own] : outcome === 'unknown' ? [value] : [];
  };
  switch (kind) {
    case 'get':
      return own === value ? [value] : [];
    case 'put':
    case 'delete':
      return when(true);
    case 'copy':
      return own === null ? everyValue : when(true);
    case 'put-if-absent':
      return when(value === null);
    case 'put-if-match':
    case 'delete-if-match':
      return when(value === expected);
  }
}
