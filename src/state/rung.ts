/**
 * How far a shadow is set: what reads consult and where writes go (docs/consistency.md, "Switching").
 *
 * - `target-only`: clients see the target alone; deletes leave tombstones
 * - `opening`: as `target-only`, and what the target does not have is not answered at all
 * - `read-through`: clients see both; writes go to the target
 * - `exclusive`: as `read-through`, but writers exclude each other and readers look twice
 * - `write-through`: writes go to both
 * - `swapping`: as `write-through`, but reads wait for writers, so that gateways may differ about which store is the target
 */
export const RUNGS = [
  'target-only',
  'opening',
  'read-through',
  'exclusive',
  'write-through',
  'swapping',
] as const;

export type Rung = (typeof RUNGS)[number];

/** Where a shadow is to be in the end; `none`: cleared; `swap`: in `write-through`, as the target, with what was the target as its shadow. */
export const AIMS = ['none', 'read-through', 'exclusive', 'write-through', 'swap'] as const;

export type Aim = (typeof AIMS)[number];

/** What follows on the way to `none`: writes to the shadow end before reads of it do. */
const DOWN: Readonly<Record<Rung, Rung | 'none'>> = {
  swapping: 'write-through',
  'write-through': 'exclusive',
  exclusive: 'target-only',
  'read-through': 'target-only',
  opening: 'target-only',
  'target-only': 'none',
};

/**
 * The next step from `rung` to `aim`; undefined where it has been reached, which for a swap is where target and shadow can be exchanged. Each is only taken once every gateway has left the one
 * before: leaving one out brings deleted objects back.
 */
export function nextRung(rung: Rung, aim: Aim): Rung | 'none' | undefined {
  if (aim === 'none') return DOWN[rung];
  const [from, to] = [RUNGS.indexOf(rung), RUNGS.indexOf(aim === 'swap' ? 'swapping' : aim)];
  return from === to ? undefined : RUNGS[from + Math.sign(to - from)];
}
