/** One operation on one key, as its client saw it. Times are positions in the order of all events. */
export interface Operation {
  readonly client: string;
  readonly kind: 'put' | 'put-if-absent' | 'delete' | 'get';
  /** What was written; of a get what was read: a value, or null for no object. */
  readonly value: string | null;
  readonly invoked: number;
  /** Infinity: the client never learned the outcome. */
  readonly returned: number;
  /** `refused`: a conditional put was told that the object exists. `unknown`: it took effect once or never. */
  readonly outcome: 'done' | 'refused' | 'unknown';
}

/**
 * Whether there is an order of the operations, each at some instant between its call and its return, in which a single object that
 * is written, deleted and read one operation at a time gives all the answers that were given (Herlihy and Wing, 1990). Those of
 * unknown outcome may be anywhere after their call, or nowhere. The search is Wing and Gong's, remembering states seen.
 */
export function isLinearizable(operations: readonly Operation[], initial: string | null): boolean {
  const relevant = operations.filter(({ kind, outcome }) => kind !== 'get' || outcome === 'done');
  const seen = new Set<string>();
  const required = relevant.filter(({ outcome }) => outcome !== 'unknown').length;

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
      const next = apply(operation, value);
      if (next === undefined) continue;
      const isRequired = operation.outcome !== 'unknown';
      if (search(done | (1n << BigInt(index)), completed + (isRequired ? 1 : 0), next)) return true;
    }
    return false;
  }

  return search(0n, 0, initial);
}

/** The value after the operation; undefined when it could not have had its outcome on `value`. */
function apply({ kind, value: own, outcome }: Operation, value: string | null): string | null | undefined {
  switch (kind) {
    case 'get':
      return own === value ? value : undefined;
    case 'delete':
      return null;
    case 'put':
      return own;
    case 'put-if-absent':
      if (outcome === 'refused') return value === null ? undefined : value;
      return value === null ? own : outcome === 'unknown' ? value : undefined;
  }
}
