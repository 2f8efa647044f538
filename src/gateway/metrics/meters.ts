import type { S3Filter } from '../../s3/message.js';
import type { Stopwatch } from '../../system/clock.js';
import { type AskedStore, BackendMeters } from './backends.js';
import { BoundedNames } from './bounded-names.js';
import { BreakerMeters } from './breakers.js';
import type { MetricReading } from './cells.js';
import { CopyMeters } from './copies.js';
import { RequestMeters } from './requests.js';

/** Names of buckets, and of backends and endpoints, that have metrics of their own. */
const MAX_BUCKETS = 100;
const MAX_BACKENDS = 20;

/** All that one gateway counts as it works. */
export class Meters {
  readonly buckets = new BoundedNames(MAX_BUCKETS);
  readonly requests: RequestMeters;
  readonly copies: CopyMeters;
  readonly breakers: BreakerMeters;
  readonly backends: BackendMeters;

  constructor(readonly stopwatch: Stopwatch) {
    this.requests = new RequestMeters(this.buckets);
    this.copies = new CopyMeters(this.buckets);
    const stores = new BoundedNames(MAX_BACKENDS);
    this.breakers = new BreakerMeters({ buckets: this.buckets, stores });
    this.backends = new BackendMeters(stores, stopwatch);
  }

  aroundStore(store: AskedStore): S3Filter {
    return this.backends.metered(store);
  }

  read(): MetricReading[] {
    return [this.requests, this.copies, this.breakers, this.backends].flatMap((meters) => meters.read());
  }
}
