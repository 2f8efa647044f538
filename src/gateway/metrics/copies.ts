import type { CopyOutcome } from '../../shadow/copying/copy-outcome.js';
import type { Copier } from '../../shadow/copying/provenance.js';
import type { ReplaceOutcome } from '../../shadow/copying/replace.js';
import type { BoundedNames } from './bounded-names.js';
import { Tallies } from './cells.js';

/** What a copy was made for: a client's read, the sweep, or to renew one whose source had changed. */
type Occasion = Copier['as'] | 'renewal';

/** Counts what was brought over. */
export class CopyMeters {
  readonly #copies = new Tallies({
    name: 'penumbra_copies_total',
    help: 'Attempts to bring an object over, by what they came to',
  });
  readonly #bytes = new Tallies({
    name: 'penumbra_copied_bytes_total',
    help: 'Bytes of the objects that were copied',
  });
  readonly #failures = new Tallies({
    name: 'penumbra_copy_failures_total',
    help: 'Copies that failed, by why',
  });

  constructor(private readonly names: BoundedNames) {}

  note(bucket: string, occasion: Occasion, outcome: CopyOutcome | ReplaceOutcome): void {
    const labels = { bucket: this.names.labelOf(bucket), occasion };
    this.#copies.cell({ ...labels, outcome: outcome.state }).add();
    if ('bytes' in outcome) this.#bytes.cell(labels).add(outcome.bytes);
    if (outcome.state !== 'failed') return;
    const reason = ('failure' in outcome && outcome.failure) || 'other';
    this.#failures.cell({ ...labels, reason }).add();
  }

  read() {
    return [this.#copies, this.#bytes, this.#failures].map((family) => family.read());
  }
}
