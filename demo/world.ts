import pLimit from 'p-limit';
import { type Expected, sha256 } from './corpus.js';

/** What clients have a right to see: every acknowledged write, and nothing deleted. */
export class World {
  readonly #objects = new Map<string, Expected>();
  /** One step at a time changes the world or checks it, so that what is expected never lags behind what was done. */
  readonly turn = pLimit(1);

  wrote(key: string, body: Uint8Array): void {
    this.#objects.set(key, { size: body.length, sha256: sha256(body) });
  }

  deleted(key: string): void {
    this.#objects.delete(key);
  }

  expected(key: string): Expected | undefined {
    return this.#objects.get(key);
  }

  get keys(): string[] {
    return [...this.#objects.keys()];
  }

  get bytes(): number {
    let total = 0;
    for (const { size } of this.#objects.values()) total += size;
    return total;
  }

  agrees(key: string, found: Expected | undefined): boolean {
    const expected = this.expected(key);
    return found?.sha256 === expected?.sha256 && found?.size === expected?.size;
  }

  /** True when `keys` are exactly those that exist, in the order of their UTF-8 bytes. */
  isListedAs(keys: readonly string[]): boolean {
    const sorted = this.keys.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    return keys.length === sorted.length && keys.every((key, index) => key === sorted[index]);
  }
}
