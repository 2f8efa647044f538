/** Where it is counted what reads have copied. */
export interface CopyLog {
  /** Notes a copy that was made, of so many bytes; it is stored soon. Never throws. */
  note(bytes: number): void;
  /** Resolves when what was noted is stored, or could not be. */
  drain(): Promise<void>;
}
