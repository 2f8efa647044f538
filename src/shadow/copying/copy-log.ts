import type { CopyOutcome } from './copy-outcome.js';
import type { Copier } from './provenance.js';

/** Where it is counted what reads have copied. */
export interface CopyLog {
  /** Notes a copy that was made, of so many bytes; it is stored soon. Never throws. */
  note(bytes: number): void;
  /** Resolves when what was noted is stored, or could not be. */
  drain(): Promise<void>;
}

/** Is told what each attempt to bring a key over has come to, and what it was made for. */
export type CopyListener = (as: Copier['as'], outcome: CopyOutcome) => void;

/** Stands around each copy. It runs `work`, and resolves to what that does. */
export type AroundCopy = (
  copy: { readonly key: string; readonly as: Copier['as'] },
  work: () => Promise<CopyOutcome>,
) => Promise<CopyOutcome>;
