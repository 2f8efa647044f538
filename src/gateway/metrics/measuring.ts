import { AggregatorRegistry, Counter, Gauge, Registry } from 'prom-client';
import type { Readings, ReadingsWish } from '../inquiries.js';
import type { Meters } from './meters.js';
import { watchProcess } from './process.js';
import type { StateGauges } from './state-gauges.js';
import type { StateSurvey } from './state-survey.js';

/** All that one process measures, and what it knows of what all share. */
export interface Measuring {
  read(of: ReadingsWish): Promise<Readings>;
  close(): Promise<void>;
}

export interface MeasuringOptions {
  readonly meters: Meters;
  readonly shared: StateGauges;
  readonly survey: StateSurvey;
  /** Requests of clients that are under way. */
  readonly underWay: () => number;
  /** Connections that were closed, since this process had more than others. */
  readonly shed: () => number;
  /** Whether others wait for this gateway. */
  readonly isInTouch: () => boolean;
}

export function createMeasuring({
  meters,
  shared,
  survey,
  underWay,
  shed,
  isInTouch,
}: MeasuringOptions): Measuring {
  const own = new Registry();
  const unwatch = watchProcess(own);
  const gauge = (name: string, help: string, value: () => number) =>
    new Gauge({
      name: `penumbra_${name}`,
      help,
      registers: [own],
      collect() {
        this.set(value());
      },
    });
  gauge('processes', 'Processes whose numbers these are', () => 1);
  gauge('processes_in_touch', 'Of these, processes that serve all, in touch with the state', () =>
    Number(isInTouch()),
  );
  gauge('requests_under_way', 'Requests of S3 clients that are under way', underWay);
  new Counter({
    name: 'penumbra_connections_shed_total',
    help: 'Connections that workers have closed, since they had more than the others',
    registers: [own],
    collect() {
      this.reset();
      this.inc(shed());
    },
  });

  return {
    async read(of) {
      if (of.shared) survey.want();
      const registries = [own, ...(of.shared ? [shared.registry] : [])];
      const read = await Promise.all(registries.map(readingsOf));
      return [...meters.read(), ...read.flat()];
    },
    close() {
      unwatch();
      return survey.close();
    },
  };
}

/** Its own declarations take the type of a metric, which is a word, for a number. */
async function readingsOf(registry: Registry): Promise<Readings> {
  const read = await registry.getMetricsAsJSON();
  return read.map(({ name, help, type, aggregator, values }) => ({
    name,
    help,
    type: String(type),
    aggregator,
    values,
  }));
}

const aggregate = (readings: readonly Readings[]): Registry => AggregatorRegistry.aggregate([...readings]);

/** What several processes have measured as if one had: counters and histograms are summed up. */
export const combined = (readings: readonly Readings[]): Promise<Readings> => readingsOf(aggregate(readings));

/** The text format of Prometheus ("Exposition formats", 0.0.4). */
export const exposed = (readings: Readings): Promise<string> => aggregate([readings]).metrics();

export const EXPOSITION = Registry.PROMETHEUS_CONTENT_TYPE;
