import type { HeaderFields } from '../../s3/message.js';
import type { OperationName } from '../../s3/operations.js';
import { seesShadow, writesBoth } from '../../shadow/rungs.js';
import { SOURCE } from '../../shadow/source.js';
import type { BucketRecord } from '../../state/buckets.js';
import type { BoundedNames } from './bounded-names.js';
import { type Spread, Spreads, Tallies, type Tally } from './cells.js';

/** Of requests that were refused before it was looked for a bucket: what a stranger asks for must not become a label. */
const NO_BUCKET = '(none)';

/**
 * What requests were served from: the store that had the object, both where listings are merged or writes go to both, none where a read found nothing,
 * and the gateway itself, refusals among them.
 */
export const SOURCES = ['target', 'shadow', 'both', 'none', 'gateway'] as const;
export type Source = (typeof SOURCES)[number];

const MERGED: ReadonlySet<OperationName> = new Set<OperationName>([
  'ListObjects',
  'ListObjectsV2',
  'ListObjectVersions',
  'ListMultipartUploads',
]);

const WRITTEN_TO_BOTH: ReadonlySet<OperationName> = new Set<OperationName>([
  'PutObject',
  'CopyObject',
  'CreateMultipartUpload',
  'UploadPart',
  'UploadPartCopy',
  'CompleteMultipartUpload',
  'AbortMultipartUpload',
  'DeleteObject',
  'DeleteObjects',
]);

export const OBJECT_READS: ReadonlySet<string> = new Set<OperationName>(['GetObject', 'HeadObject']);

/** GETs and HEADs of objects, by the store that had it; `none` had others. */
export type Reads = Readonly<Record<'target' | 'shadow' | 'none', number>>;

export const NO_READS: Reads = { target: 0, shadow: 0, none: 0 };

/** A request that was answered. Times are milliseconds from its header on. */
export interface Answered {
  readonly operation: OperationName;
  readonly key: string;
  readonly status: number;
  readonly headers: HeaderFields;
  /** The gateway answers in place of any store. */
  readonly isRefused: boolean;
  readonly firstByteMs: number;
  readonly endMs: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly isBrokenOff: boolean;
}

/** Counts the requests of clients. */
export class RequestMeters {
  readonly #requests = new Tallies({
    name: 'penumbra_requests_total',
    help: 'Requests of S3 clients, by what they were served from',
  });
  readonly #firstByte = new Spreads({
    name: 'penumbra_request_first_byte_seconds',
    help: 'From the header of a request to the first byte of its answer',
  });
  readonly #end = new Spreads({
    name: 'penumbra_request_duration_seconds',
    help: 'From the header of a request to the end of its answer',
  });
  readonly #bytes = new Tallies({
    name: 'penumbra_request_bytes_total',
    help: 'Bytes of bodies, in and out',
  });
  readonly #brokenOff = new Tallies({
    name: 'penumbra_answers_broken_off_total',
    help: 'Answers whose body ended before its end',
  });
  readonly ofNoBucket: RouteMeter;

  constructor(private readonly names: BoundedNames) {
    this.ofNoBucket = this.#meterOf(NO_BUCKET, () => 'gateway');
  }

  /** The meter of a bucket's requests for as long as it has this record. */
  ofBucket({ name, shadow }: Pick<BucketRecord, 'name' | 'shadow'>): RouteMeter {
    return this.#meterOf(this.names.labelOf(name), (operation, key) => {
      if (!shadow) return 'target';
      if (MERGED.has(operation)) return seesShadow(shadow) ? 'both' : 'target';
      const isShadows = key === '' || key.startsWith(shadow.targetPrefix);
      return isShadows && WRITTEN_TO_BOTH.has(operation) && writesBoth(shadow) ? 'both' : 'target';
    });
  }

  /** Until now, of each bucket by its label. */
  reads(): ReadonlyMap<string, Reads> {
    const reads = new Map<string, Reads>();
    for (const { labels, cell } of this.#requests.cells()) {
      const { bucket = '', operation = '', source = '' } = labels;
      const before = reads.get(bucket) ?? NO_READS;
      if (!OBJECT_READS.has(operation) || !isOfReads(source)) continue;
      reads.set(bucket, { ...before, [source]: before[source] + cell.value });
    }
    return reads;
  }

  read() {
    return [this.#requests, this.#firstByte, this.#end, this.#bytes, this.#brokenOff].map((family) =>
      family.read(),
    );
  }

  #meterOf(bucket: string, storeOf: StoreOf): RouteMeter {
    return new RouteMeter({
      storeOf,
      request: (operation, status, source) =>
        this.#requests.cell({ bucket, operation, status: `${status}xx`, source }),
      firstByte: (operation) => this.#firstByte.cell({ operation }),
      end: (operation) => this.#end.cell({ operation }),
      bytesIn: this.#bytes.cell({ bucket, direction: 'in' }),
      bytesOut: this.#bytes.cell({ bucket, direction: 'out' }),
      brokenOff: this.#brokenOff.cell({ bucket }),
    });
  }
}

const isOfReads = (source: string): source is keyof Reads => source in NO_READS;

/** Which store an answer is from that does not say it. */
type StoreOf = (operation: OperationName, key: string) => Source;

interface RouteCells {
  readonly storeOf: StoreOf;
  readonly request: (operation: OperationName, status: number, source: Source) => Tally;
  readonly firstByte: (operation: OperationName) => Spread;
  readonly end: (operation: OperationName) => Spread;
  readonly bytesIn: Tally;
  readonly bytesOut: Tally;
  readonly brokenOff: Tally;
}

interface OperationCells {
  /** By status class and source, as they come to be needed. */
  readonly requests: (Tally | undefined)[];
  readonly firstByte: Spread;
  readonly end: Spread;
}

/** Counts the requests of one bucket; it finds each cell once. */
export class RouteMeter {
  readonly #operations = new Map<OperationName, OperationCells>();

  constructor(private readonly cells: RouteCells) {}

  note(answered: Answered): void {
    const { operation, firstByteMs, endMs, bytesIn, bytesOut, isBrokenOff } = answered;
    const cells = this.#cellsOf(operation);
    this.#requestCell(cells, answered).add();
    cells.firstByte.observe(firstByteMs);
    cells.end.observe(endMs);
    if (bytesIn > 0) this.cells.bytesIn.add(bytesIn);
    if (bytesOut > 0) this.cells.bytesOut.add(bytesOut);
    if (isBrokenOff) this.cells.brokenOff.add();
  }

  #requestCell({ requests }: OperationCells, answered: Answered): Tally {
    const status = Math.floor(answered.status / 100);
    const source = this.#sourceOf(answered);
    const index = status * SOURCES.length + SOURCES.indexOf(source);
    const known = requests[index];
    if (known) return known;
    const cell = this.cells.request(answered.operation, status, source);
    requests[index] = cell;
    return cell;
  }

  #sourceOf({ operation, key, status, headers, isRefused }: Answered): Source {
    if (isRefused) return 'gateway';
    const told = headers[SOURCE];
    if (told === 'target' || told === 'shadow') return told;
    if (status === 404 && OBJECT_READS.has(operation)) return 'none';
    return this.cells.storeOf(operation, key);
  }

  #cellsOf(operation: OperationName): OperationCells {
    const known = this.#operations.get(operation);
    if (known) return known;
    const firstByte = this.cells.firstByte(operation);
    const cells = { requests: [], firstByte, end: this.cells.end(operation) };
    this.#operations.set(operation, cells);
    return cells;
  }
}
