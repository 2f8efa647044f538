import { expect, test } from 'vitest';
import type { Readings, ReadingsWish } from '../../../src/gateway/inquiries.js';
import { type MetricReading, Spreads, Tallies } from '../../../src/gateway/metrics/cells.js';
import { exposed } from '../../../src/gateway/metrics/measuring.js';
import { type MeasuredProcess, WorkerReadings } from '../../../src/gateway/metrics/of-workers.js';
import { Scrape } from './scrape.js';

/** A worker that has served so many requests, each of 20 ms, and has `gauge` of something. */
class FakeWorker implements MeasuredProcess {
  readonly #served = new Tallies({ name: 'served_total', help: 'Requests' });
  readonly #took = new Spreads({ name: 'took_seconds', help: 'Time' });
  readonly asked: ReadingsWish[] = [];
  readonly measured = {
    metrics: (of: ReadingsWish) => this.#read(of),
    recent: async () => ({ processes: 1, stores: [], points: [] }),
  };
  answers = true;

  constructor(
    readonly pid: number,
    private readonly gauge: number,
  ) {}

  serve(requests: number): void {
    this.#served.cell({ bucket: 'photos' }).add(requests);
    for (let i = 0; i < requests; i += 1) this.#took.cell({}).observe(20);
  }

  async #read(of: ReadingsWish): Promise<Readings> {
    this.asked.push(of);
    if (!this.answers) throw new Error('no answer within 3000 ms');
    const gauge: MetricReading = {
      name: 'held',
      help: 'What it holds',
      type: 'gauge',
      aggregator: 'sum',
      values: [{ labels: {}, value: this.gauge }],
    };
    return [this.#served.read(), this.#took.read(), gauge];
  }
}

const sums = async (workers: WorkerReadings) => {
  const read = new Scrape(await exposed(await workers.metrics()));
  return {
    served: read.value('served_total', { bucket: 'photos' }),
    within25ms: read.value('took_seconds_bucket', { le: '0.025' }),
    within10ms: read.value('took_seconds_bucket', { le: '0.01' }),
    held: read.value('held'),
  };
};

function twoWorkers(): [WorkerReadings, FakeWorker, FakeWorker] {
  const readings = new WorkerReadings();
  const [one, other] = [new FakeWorker(11, 1), new FakeWorker(12, 2)];
  for (const worker of [one, other]) readings.add(worker);
  one.serve(3);
  other.serve(4);
  return [readings, one, other];
}

test('what workers have counted is summed up, and one of them alone tells what all share', async () => {
  const [readings, one, other] = twoWorkers();
  expect(await sums(readings)).toEqual({ served: 7, within25ms: 7, within10ms: 0, held: 3 });
  expect([one.asked, other.asked]).toEqual([[{ shared: true }], [{ shared: false }]]);
});

test('what a worker had counted stays in the sums when it has ended, and its gauges do not', async () => {
  const [readings, one, other] = twoWorkers();
  await sums(readings);
  one.serve(100);
  readings.end(one);
  expect(await sums(readings)).toEqual({ served: 7, within25ms: 7, within10ms: 0, held: 2 });
  other.serve(1);
  readings.end(other);
  const third = new FakeWorker(13, 5);
  third.serve(10);
  readings.add(third);
  expect(await sums(readings)).toMatchObject({ served: 17, held: 5 });
});

test('a worker that ends while it is asked does not fail the others, nor make a sum fall', async () => {
  const [readings, one, other] = twoWorkers();
  await sums(readings);
  one.measured.metrics = async () => {
    readings.end(one);
    throw new Error('the worker has ended');
  };
  other.serve(1);
  expect(await sums(readings)).toMatchObject({ served: 8 });
});

test('one that does not answer fails them all: sums without it would be wrong', async () => {
  const [readings, , other] = twoWorkers();
  await sums(readings);
  other.answers = false;
  await expect(readings.metrics()).rejects.toThrow('worker 12 was not read');
});
