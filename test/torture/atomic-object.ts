import { apply, type Operation } from '../simulation/linearizability.js';
import type { Random } from '../simulation/random.js';

interface Load {
  readonly operations: number;
  readonly clients: number;
  /** The share whose outcome is never told. */
  readonly lost: number;
}

interface Planned {
  readonly operation: Operation;
  readonly effectAt: number;
}

/** A history of one object that is nothing but atomic, with as many operations at a time as there are clients. */
export function historyOfAtomicObject(random: Random, { operations, clients, lost }: Load): Operation[] {
  const freeAt = Array.from({ length: clients }, () => 0);
  const planned: Planned[] = [];
  for (let index = 0; index < operations; index += 1) {
    const client = random.below(clients);
    const invoked = (freeAt[client] ?? 0) + random.next();
    const returned = invoked + 1 + random.next() * 5;
    freeAt[client] = returned;
    const isLost = random.chance(lost);
    // What is lost may take effect long after its client has given up.
    const effectAt = invoked + random.next() * (isLost ? 50 : returned - invoked);
    planned.push({
      effectAt,
      operation: {
        client: `c${client}`,
        ...random.pick([
          { kind: 'put', value: `v${index}` },
          { kind: 'put-if-absent', value: `v${index}` },
          {
            kind: 'put-if-match',
            value: `v${index}`,
            expected: `v${Math.max(0, index - 1 - random.below(8))}`,
          },
          { kind: 'delete', value: null },
          { kind: 'get', value: null },
          { kind: 'get', value: null },
          { kind: 'get', value: null },
        ] as const),
        invoked,
        returned: isLost ? Number.POSITIVE_INFINITY : returned,
        outcome: isLost ? 'unknown' : 'done',
      },
    });
  }
  return tookPlace(planned, random);
}

/** Each operation with what it found in its instant; half of the lost ones never took effect. */
function tookPlace(planned: Planned[], random: Random): Operation[] {
  let value: string | null = null;
  return planned
    .sort((a, b) => a.effectAt - b.effectAt)
    .map(({ operation }) => {
      if (operation.kind === 'get') return { ...operation, value };
      if (operation.outcome === 'unknown' && random.chance(0.5)) return operation;
      const [next] = apply({ ...operation, outcome: 'done' }, value, []);
      if (next === undefined)
        return operation.outcome === 'unknown' ? operation : { ...operation, outcome: 'refused' };
      value = next;
      return operation;
    });
}
