import { keyRecordSchema } from '../../src/state/key-record.js';
import type { KeyedOperation } from './history.js';
import { isLinearizable } from './linearizability.js';
import { BUCKET_ID } from './record.js';
import { REAL_RULES, type Rules } from './rules.js';
import type { Scenario } from './scenario.js';
import { RunsOn } from './scheduler.js';
import type { Counts } from './tally.js';
import { World } from './world.js';

export interface Violation {
  readonly scenario: Scenario;
  readonly what: string;
  readonly history: readonly KeyedOperation[];
}

export interface Result {
  readonly violation?: Violation;
  readonly history: readonly KeyedOperation[];
  readonly counts: Counts;
}

/** Runs one scenario to its end and judges what clients saw. The same seed gives the same run. */
export async function simulate(scenario: Scenario, rules: Rules = REAL_RULES): Promise<Result> {
  const world = new World(scenario, rules);
  const what = await wrongIn(world, scenario);
  const { operations: history } = world.history;
  const result = { history, counts: world.tally.counts };
  return what === undefined ? result : { ...result, violation: { scenario, what, history } };
}

async function wrongIn(world: World, scenario: Scenario): Promise<string | undefined> {
  const initial = await world.prepare();
  try {
    await world.live();
    await world.settle();
  } catch (error) {
    if (error instanceof RunsOn) return error.message;
    throw error;
  }
  return world.monitor.violation ?? judge(world, scenario, initial);
}

async function judge(
  world: World,
  scenario: Scenario,
  initial: ReadonlyMap<string, string | null>,
): Promise<string | undefined> {
  const { operations, values } = world.history;
  if (!world.switches.isSettled) return 'the switch does not come to its end';
  for (const key of world.keys) {
    const before = initial.get(key) ?? null;
    const ofKey = operations.filter((operation) => operation.key === key);
    if (!isLinearizable(ofKey, before, values)) return `what clients saw of ${key} has no order`;
    const apart = await whereApart(world, scenario, { key, before });
    if (apart !== undefined) return apart;
    if (await isKeptForNothing(world, scenario, key)) return `the tombstone of ${key} is never collected`;
  }
  return undefined;
}

/** In write-through the shadow has to have, in the end, what clients wrote to the target; and deletes reach it in either mode. */
async function whereApart(
  world: World,
  scenario: Scenario,
  { key, before }: { key: string; before: string | null },
): Promise<string | undefined> {
  const { delete: deletes, switches } = scenario;
  const rung = rungOf(world, scenario);
  const inTarget = await world.store(world.sideOf('target')).text(key);
  const inShadow = await world.store(world.sideOf('shadow')).text(key);
  const seen = world.history.operations.findLast((operation) => operation.key === key)?.value ?? undefined;
  const isWritten = inTarget !== undefined && inTarget !== before;
  const mirrored = switches > 0 || rung !== 'write-through' || !isWritten || inTarget === inShadow;
  const deleted = rung === 'none' || deletes === 'target' || seen !== undefined || inShadow === undefined;
  if (mirrored && deleted) return undefined;
  return `${key}: the target has ${inTarget}, the shadow ${inShadow}, clients see ${seen}`;
}

const rungOf = ({ switches }: World, { rung }: Scenario): string =>
  switches.record ? (switches.record.shadow?.rung ?? 'none') : rung;

/** Of a key that neither store has the tombstone goes in the end, unless the shadow is to be left alone. */
async function isKeptForNothing(world: World, scenario: Scenario, key: string): Promise<boolean> {
  if (scenario.switches === 0 || scenario.delete === 'target' || rungOf(world, scenario) === 'none')
    return false;
  const value = world.kv.peek(`key/${BUCKET_ID}/${key}`);
  if (value === undefined || !keyRecordSchema.parse(JSON.parse(value)).tombstone) return false;
  const stored = await Promise.all(
    (['target', 'shadow'] as const).map((side) => world.store(side).text(key)),
  );
  return stored.every((object) => object === undefined);
}

/** A history as a table, in the order of the calls. */
export function describeViolation({ scenario, what, history }: Violation): string {
  const lines = [...history]
    .sort((a, b) => a.invoked - b.invoked)
    .map(({ client, kind, key, value, expected, invoked, returned, outcome }) =>
      [
        `${invoked}-${returned}`.padEnd(14),
        client.padEnd(6),
        kind.padEnd(15),
        key,
        (value ?? '-').padEnd(14),
        outcome,
        ...(expected === undefined ? [] : [`expected ${expected}`]),
      ].join('  '),
    );
  return [`seed ${scenario.seed}: ${what}`, JSON.stringify(scenario), ...lines].join('\n');
}
