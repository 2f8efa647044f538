import { Readable } from 'node:stream';
import { BackendUnavailable } from '../../backends/backend.js';
import { OF_THE_TRANSPORT } from '../../filters/transport-failure.js';
import type { S3Filter, S3Request } from '../../s3/message.js';
import type { OperationName } from '../../s3/operations.js';
import type { Stopwatch } from '../../system/clock.js';
import type { BoundedNames } from './bounded-names.js';
import { type Spread, Spreads, Tallies, type Tally } from './cells.js';
import { OBJECT_READS } from './requests.js';

/** Which part a store has in a bucket. */
export type Side = 'target' | 'shadow';

/** A store as it is asked for one bucket. */
export interface AskedStore {
  readonly backend: string;
  readonly side: Side;
}

/** What a store was asked until now, for whatever bucket. */
export interface StoreFigures {
  /** Whatever the answer was. */
  answered: number;
  /** Requests that it, or the network up to it, gave no answer to, by why. */
  readonly unanswered: Map<string, number>;
  /** GETs and HEADs of objects by how long the header of the answer took, as `Spread` counts them. */
  firstByte: readonly number[];
}

/** Counts the requests to stores, and how long they take. */
export class BackendMeters {
  readonly #requests = new Tallies({
    name: 'penumbra_backend_requests_total',
    help: 'Requests to stores, by the class of the status or why there was no answer',
  });
  readonly #firstByte = new Spreads({
    name: 'penumbra_backend_first_byte_seconds',
    help: 'From a request to a store, its body included, to the header of the answer',
  });
  readonly #end = new Spreads({
    name: 'penumbra_backend_duration_seconds',
    help: 'From a request to a store to the end of its answer',
  });

  constructor(
    private readonly names: BoundedNames,
    private readonly stopwatch: Stopwatch,
  ) {}

  /** Counts what a store is asked, and how it goes. */
  metered({ backend, side }: AskedStore): S3Filter {
    const of = { backend: this.names.labelOf(backend), side };
    const operations = new Map<OperationName, OperationCells>();
    const cellsOf = (operation: OperationName): OperationCells => {
      const known = operations.get(operation);
      if (known) return known;
      const labels = { ...of, operation };
      const cells = {
        answers: [],
        request: (outcome: string) => this.#requests.cell({ ...labels, outcome }),
        firstByte: this.#firstByte.cell(labels),
        end: this.#end.cell(labels),
      };
      operations.set(operation, cells);
      return cells;
    };
    return (service) => async (request) => {
      const cells = cellsOf(request.operation);
      const startedAt = this.stopwatch();
      try {
        const answer = await service(request);
        countAnswer(cells, answer.status);
        const ms = this.stopwatch() - startedAt;
        cells.firstByte.observe(ms);
        const { body } = answer;
        if (body instanceof Readable) body.on('close', () => cells.end.observe(this.stopwatch() - startedAt));
        else cells.end.observe(ms);
        return answer;
      } catch (error) {
        cells.request(unansweredBecause(error, request)).add();
        throw error;
      }
    };
  }

  /** By the label of the store. */
  figures(): ReadonlyMap<string, StoreFigures> {
    const stores = new Map<string, StoreFigures>();
    const figuresOf = (backend = ''): StoreFigures => {
      const known = stores.get(backend) ?? { answered: 0, unanswered: new Map(), firstByte: [] };
      stores.set(backend, known);
      return known;
    };
    for (const { labels, cell } of this.#requests.cells()) {
      const [figures, { outcome = '' }] = [figuresOf(labels.backend), labels];
      if (/^\dxx$/.test(outcome)) figures.answered += cell.value;
      else if (OF_THE_TRANSPORT.has(outcome))
        figures.unanswered.set(outcome, (figures.unanswered.get(outcome) ?? 0) + cell.value);
    }
    for (const { labels, cell } of this.#firstByte.cells()) {
      if (!OBJECT_READS.has(labels.operation ?? '')) continue;
      const figures = figuresOf(labels.backend);
      figures.firstByte = cell.counts.map((count, bound) => count + (figures.firstByte[bound] ?? 0));
    }
    return stores;
  }

  read() {
    return [this.#requests, this.#firstByte, this.#end].map((family) => family.read());
  }
}

interface OperationCells {
  /** By status class, as they come to be needed. */
  readonly answers: (Tally | undefined)[];
  readonly request: (outcome: string) => Tally;
  readonly firstByte: Spread;
  readonly end: Spread;
}

function countAnswer({ answers, request }: OperationCells, status: number): void {
  const hundred = Math.floor(status / 100);
  const cell = answers[hundred] ?? request(`${hundred}xx`);
  answers[hundred] = cell;
  cell.add();
}

/** `aborted`: nobody wanted the answer any more. `request`: its own body failed, or could not be sent. */
function unansweredBecause(error: unknown, { signal }: S3Request): string {
  if (error instanceof BackendUnavailable) return error.reason;
  return signal.aborted ? 'aborted' : 'request';
}
