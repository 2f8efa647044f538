/** A manifest says something that it may not; the message names the line and the field. */
export class ManifestError extends Error {
  override readonly name = 'ManifestError';

  /** @param line counted from 1, in what was unpacked */
  static at(line: number, problem: string, cause?: unknown): ManifestError {
    return new ManifestError(`line ${line}: ${problem}`, { cause });
  }
}
