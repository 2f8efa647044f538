import { isLinearizable } from './linearizability.js';
import { Random } from './random.js';
import { type KeyedOperation, REAL_RULES, type Rules, type Scenario, World } from './world.js';

export interface Violation {
  readonly scenario: Scenario;
  readonly what: string;
  readonly history: readonly KeyedOperation[];
}

export interface Result {
  readonly violation?: Violation;
  readonly history: readonly KeyedOperation[];
  readonly counts: Readonly<Record<string, number>>;
  readonly steps: number;
}

/** The scenario that a seed stands for. */
export function scenarioOf(seed: number): Scenario {
  const random = new Random(seed ^ 0x5eed);
  return {
    seed,
    writeThrough: random.chance(0.5),
    delete: random.chance(0.75) ? 'both' : 'target',
    conditional: random.chance(0.7),
    keys: 1 + random.below(2),
    clients: 2 + random.below(3),
    operations: 2 + random.below(3),
    faults: random.below(3),
    kills: random.below(3),
  };
}

/** Runs one scenario to its end and judges what clients saw. The same seed gives the same run. */
export async function simulate(scenario: Scenario, rules: Rules = REAL_RULES): Promise<Result> {
  const world = new World(scenario, rules);
  await world.prepare();
  await world.live();
  await world.settle();
  const what = await judge(world, scenario);
  const { history, counts } = world;
  const result = { history, counts, steps: world.scheduler.steps };
  return what === undefined ? result : { ...result, violation: { scenario, what, history } };
}

async function judge(world: World, scenario: Scenario): Promise<string | undefined> {
  for (const key of world.keys) {
    const operations = world.history.filter((operation) => operation.key === key);
    if (!isLinearizable(operations, world.initial.get(key) ?? null))
      return `what clients saw of ${key} has no order`;
    const apart = await whereApart(world, scenario, key);
    if (apart !== undefined) return apart;
  }
  return undefined;
}

/** In write-through the shadow has to have, in the end, what clients wrote to the target. */
async function whereApart(
  world: World,
  { writeThrough }: Scenario,
  key: string,
): Promise<string | undefined> {
  const inTarget = await world.store('target').text(key);
  const inShadow = await world.store('shadow').text(key);
  const isWritten = inTarget !== undefined && inTarget !== world.initial.get(key);
  if (!writeThrough || !isWritten || inTarget === inShadow) return undefined;
  return `${key}: the target has ${inTarget}, the shadow ${inShadow}`;
}

/** A history as a table, in the order of the calls. */
export function describeViolation({ scenario, what, history }: Violation): string {
  const lines = [...history]
    .sort((a, b) => a.invoked - b.invoked)
    .map(({ client, kind, key, value, invoked, returned, outcome }) =>
      [
        `${invoked}-${returned}`.padEnd(14),
        client.padEnd(8),
        kind.padEnd(14),
        key,
        value ?? '-',
        outcome,
      ].join('  '),
    );
  return [`seed ${scenario.seed}: ${what}`, JSON.stringify(scenario), ...lines].join('\n');
}
