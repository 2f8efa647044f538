import type { Operation } from '../simulation/linearizability.js';
import { ObjectStates } from './object-states.js';

type Value = string | null;

/** All values that nobody is ever shown or asks for are alike, and have this name. */
const UNSEEN = '(never seen)';

export interface Beginning {
  /** What the object may be before the first operation. */
  readonly initial: readonly Value[];
  /** What a copy may have written whose source is not known. */
  readonly everyValue?: readonly string[];
}

/**
 * Judges the history of one object by the rules of `isLinearizable`, in one pass over its calls and returns, with all states that
 * there can be between two of them: thousands of operations, dozens of them of unknown outcome.
 *
 * @returns the first operation by whose return no order is left; undefined when the history is linearizable
 */
export function firstUnexplained(
  operations: readonly Operation[],
  { initial, everyValue = [] }: Beginning,
): Operation | undefined {
  const seen = new Set(operations.flatMap(seenBy));
  const named = <V extends Value>(value: V): V | string =>
    value === null || seen.has(value) ? value : UNSEEN;
  const states = new ObjectStates(initial.map(named), [...new Set(everyValue.map(named))]);
  for (const { original, operation, isReturn } of eventsOf(operations, named)) {
    if (!isReturn) states.call(operation);
    else if (!states.return(operation)) return original;
  }
  return undefined;
}

/** The values that an operation tells apart from others. */
function seenBy({ kind, value, expected }: Operation): string[] {
  const read = kind === 'get' ? value : null;
  return [read, expected ?? null].filter((one) => one !== null);
}

interface Event {
  readonly at: number;
  readonly isReturn: boolean;
  readonly original: Operation;
  /** With its value by the name that the states have for it. */
  readonly operation: Operation;
}

/** What is called in the instant in which another returns overlaps it. */
function eventsOf(operations: readonly Operation[], named: (value: Value) => Value): Event[] {
  const events = operations
    .filter(({ kind, outcome }) => kind !== 'get' || outcome === 'done')
    .flatMap((original): Event[] => {
      const operation = { ...original, value: named(original.value) };
      const called = { at: original.invoked, isReturn: false, original, operation };
      const returned = { at: original.returned, isReturn: true, original, operation };
      return original.outcome === 'unknown' ? [called] : [called, returned];
    });
  return events.sort((a, b) => a.at - b.at || Number(a.isReturn) - Number(b.isReturn));
}
