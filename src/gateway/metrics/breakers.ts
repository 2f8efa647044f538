import type { BoundedNames } from './bounded-names.js';
import type { MetricReading } from './cells.js';

/** Whether the shadow of one route is not asked for a while. */
export interface BreakerMeter {
  set(isOpen: boolean): void;
  /** The route is closed. */
  forget(): void;
}

/** Of a bucket in the store where its shadow is. */
export interface BreakerState {
  readonly backend: string;
  readonly bucket: string;
  readonly isOpen: boolean;
}

/** Which shadows this process does not ask for a while, since they gave no answer. */
export class BreakerMeters {
  readonly #routes = new Set<{ -readonly [Field in keyof BreakerState]: BreakerState[Field] }>();

  constructor(private readonly names: { readonly buckets: BoundedNames; readonly stores: BoundedNames }) {}

  ofShadow(bucket: string, backend: string): BreakerMeter {
    const { buckets, stores } = this.names;
    const route = { bucket: buckets.labelOf(bucket), backend: stores.labelOf(backend), isOpen: false };
    this.#routes.add(route);
    return {
      set(isOpen) {
        route.isOpen = isOpen;
      },
      forget: () => this.#routes.delete(route),
    };
  }

  states(): Iterable<BreakerState> {
    return this.#routes;
  }

  read(): MetricReading[] {
    const open = new Map<string, number>();
    for (const { bucket, isOpen } of this.#routes)
      open.set(bucket, Math.max(open.get(bucket) ?? 0, Number(isOpen)));
    return [
      {
        name: 'penumbra_shadow_breaker_open',
        help: 'Processes that do not ask the shadow of a bucket for a while, since it gave no answer',
        type: 'gauge',
        aggregator: 'sum',
        values: [...open].map(([bucket, value]) => ({ labels: { bucket }, value })),
      },
    ];
  }
}
