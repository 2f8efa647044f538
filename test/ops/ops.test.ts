import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { createMeasuring } from '../../src/gateway/metrics/measuring.js';
import { Meters } from '../../src/gateway/metrics/meters.js';
import { StateGauges } from '../../src/gateway/metrics/state-gauges.js';
import { StateSurvey } from '../../src/gateway/metrics/state-survey.js';
import { systemStopwatch } from '../../src/system/clock.js';
import { createLogger } from '../../src/system/logger.js';
import { ManualClock } from '../support/manual-clock.js';
import { PACKAGE_ROOT } from '../support/package-root.js';
import { documentedMetrics } from './documented.js';
import { readExpression } from './promql.js';

const duration = z.string().regex(/^\d+[smhd]$/);

const rules = z.strictObject({
  groups: z.array(
    z.strictObject({
      name: z.string(),
      rules: z.array(
        z.strictObject({
          alert: z.string().regex(/^Penumbra[A-Z]\w+$/),
          expr: z.string(),
          for: duration.optional(),
          labels: z.strictObject({ severity: z.enum(['warning', 'critical']) }),
          annotations: z.strictObject({ summary: z.string(), description: z.string() }),
        }),
      ),
    }),
  ),
});

const dashboard = z.object({
  panels: z.array(
    z.object({
      title: z.string(),
      gridPos: z.object({ x: z.number(), y: z.number(), w: z.number(), h: z.number() }),
      targets: z.array(z.object({ expr: z.string(), legendFormat: z.string() })).optional(),
    }),
  ),
  templating: z.object({
    list: z.array(
      z.object({ name: z.string(), query: z.union([z.string(), z.object({ query: z.string() })]) }),
    ),
  }),
});

type Types = ReadonlyMap<string, string>;

let types: Types;
let documented: Map<string, ReadonlySet<string>>;

beforeAll(async () => {
  documented = await documentedMetrics();
  const meters = new Meters(systemStopwatch);
  const log = createLogger({ level: 'silent' });
  const shared = new StateGauges(meters.buckets);
  const read = () => Promise.reject(new Error('there is no state'));
  const survey = new StateSurvey({ read, show: () => undefined, clock: new ManualClock(), log });
  const measuring = createMeasuring({
    meters,
    shared,
    survey,
    underWay: () => 0,
    shed: () => 0,
    isInTouch: () => true,
  });
  types = new Map((await measuring.read({ shared: true })).map(({ name, type }) => [name, type]));
  await measuring.close();
});

const file = (name: string) => readFile(join(PACKAGE_ROOT, 'ops', name), 'utf8');

/** What Prometheus adds to what it reads, and the bound of a histogram's bucket. */
const ADDED = ['instance', 'job', 'le'];

/** The metric that a series is of. */
function metricOf(series: string): string {
  const base = series.replace(/_(?:bucket|sum|count)$/, '');
  return types.get(base) === 'histogram' ? base : series;
}

function judge(expr: string): void {
  const { selectors, groupedBy } = readExpression(expr);
  const known = new Set(ADDED);
  for (const { metric, labels } of selectors) {
    if (metric === 'up') continue;
    expect(types.has(metricOf(metric)), `${metric} in ${expr}`).toBe(true);
    const own = documented.get(metricOf(metric)) ?? new Set();
    for (const label of own) known.add(label);
    for (const label of labels) expect([...own, ...ADDED], `${label} of ${metric}`).toContain(label);
  }
  for (const label of groupedBy) expect([...known], `${label} in ${expr}`).toContain(label);
}

test('the documents tell of every metric that there is, and of no other', () => {
  expect([...documented.keys()].sort()).toEqual([...types.keys()].sort());
});

describe('the alert rules', () => {
  test('are rules, each with a name of its own', async () => {
    const { groups } = rules.parse(parse(await file('alerts.yaml')));
    const names = groups.flatMap((group) => group.rules.map(({ alert }) => alert));
    expect(new Set(names).size).toBe(names.length);
    expect(names.length).toBeGreaterThan(10);
  });

  test('ask for metrics and labels that exist, and tell of labels that they have', async () => {
    const { groups } = rules.parse(parse(await file('alerts.yaml')));
    for (const { expr, annotations } of groups.flatMap((group) => group.rules)) {
      judge(expr);
      const told = [...JSON.stringify(annotations).matchAll(/\$labels\.(\w+)/g)].map(([, label]) => label);
      const { groupedBy } = readExpression(expr);
      for (const label of told) if (groupedBy.length > 0) expect(groupedBy, expr).toContain(label);
    }
  });
});

describe('the dashboard', () => {
  test('asks for metrics and labels that exist', async () => {
    const { panels, templating } = dashboard.parse(JSON.parse(await file('grafana.json')));
    for (const { targets = [] } of panels) for (const { expr } of targets) judge(expr);
    for (const { query } of templating.list) {
      const [, metric, label] =
        /^label_values\((\w+), (\w+)\)$/.exec(typeof query === 'string' ? '' : query.query) ?? [];
      if (metric === undefined) continue;
      expect([...(documented.get(metric) ?? []), ...ADDED]).toContain(label);
    }
  });

  test('shows every metric but those that others are judged by', async () => {
    const text = await file('grafana.json');
    const hidden = [...types.keys()].filter((name) => !text.includes(name));
    expect(hidden.sort()).toEqual([
      'penumbra_answers_broken_off_total',
      'penumbra_keys_partly_counted',
      'penumbra_pass_bytes',
      'penumbra_pass_done_bytes',
      'penumbra_pass_expected_bytes',
      'penumbra_pass_state',
      'penumbra_state_read_timestamp_seconds',
    ]);
  });

  test('has no two panels in one place', async () => {
    const { panels } = dashboard.parse(JSON.parse(await file('grafana.json')));
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
  });
});

test.each(['sum(rate(a_total[5m])', 'a{b=c}', 'sum by instance (a)', 'rate(a[5 minutes])', 'a > > 1'])(
  '%s is not taken for an expression',
  (expr) => {
    expect(() => readExpression(expr)).toThrow();
  },
);
