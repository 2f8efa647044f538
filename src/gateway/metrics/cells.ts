/** A metric as it is exposed, and summed over processes (prom-client, `getMetricsAsJSON`). */
export interface MetricReading {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly aggregator: string;
  readonly values: readonly MetricValue[];
}

interface MetricValue {
  readonly metricName?: string;
  readonly labels: Readonly<Record<string, string | number | undefined>>;
  readonly value: number;
}

type Labels = Readonly<Record<string, string>>;

interface Described {
  readonly name: string;
  readonly help: string;
}

/** Of latencies, in seconds: from what a memory answers to what a store is given up after. */
export const BOUNDS = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
] as const;

/** What is counted under one set of labels. */
export class Tally {
  value = 0;

  add(amount = 1): void {
    this.value += amount;
  }
}

/** How long something took, under one set of labels. */
export class Spread {
  /** By the bound that each is within, those beyond the last one at the end. */
  readonly counts: number[] = new Array(BOUNDS.length + 1).fill(0);
  seconds = 0;

  observe(ms: number): void {
    const seconds = ms / 1_000;
    this.seconds += seconds;
    let bound = 0;
    while (bound < BOUNDS.length && seconds > (BOUNDS[bound] ?? 0)) bound += 1;
    this.counts[bound] = (this.counts[bound] ?? 0) + 1;
  }
}

/**
 * A metric of which a request holds the cell: prom-client looks labels up whenever something is counted, which is too dear to be done several
 * times for each request.
 */
class Family<Cell> {
  readonly #cells = new Map<string, { readonly labels: Labels; readonly cell: Cell }>();

  constructor(
    protected readonly described: Described,
    private readonly make: () => Cell,
  ) {}

  /** The same one for the same labels. */
  cell(labels: Labels): Cell {
    const name = JSON.stringify(labels);
    const known = this.#cells.get(name);
    if (known) return known.cell;
    const cell = this.make();
    this.#cells.set(name, { labels, cell });
    return cell;
  }

  cells(): Iterable<{ readonly labels: Labels; readonly cell: Cell }> {
    return this.#cells.values();
  }
}

export class Tallies extends Family<Tally> {
  constructor(described: Described) {
    super(described, () => new Tally());
  }

  read(): MetricReading {
    const values = [...this.cells()].map(({ labels, cell }) => ({ labels, value: cell.value }));
    return { ...this.described, type: 'counter', aggregator: 'sum', values };
  }
}

export class Spreads extends Family<Spread> {
  constructor(described: Described) {
    super(described, () => new Spread());
  }

  read(): MetricReading {
    const values = [...this.cells()].flatMap(({ labels, cell }) =>
      histogramOf(this.described.name, labels, cell),
    );
    return { ...this.described, type: 'histogram', aggregator: 'sum', values };
  }
}

/** Each bucket counts all that is within its bound (Prometheus, "Metric types"). */
function histogramOf(name: string, labels: Labels, { counts, seconds }: Spread): MetricValue[] {
  let count = 0;
  const buckets = counts.map((within, index) => {
    count += within;
    return {
      metricName: `${name}_bucket`,
      labels: { ...labels, le: BOUNDS[index] ?? '+Inf' },
      value: count,
    };
  });
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: seconds },
    { metricName: `${name}_count`, labels, value: count },
  ];
}
