import { bytesOf, type Content, md5Of } from './objects.js';

interface Expected {
  /** What was acknowledged last; null: that there is none. */
  settled: Content | null;
  /** What got no answer: each of it may take effect at any time, or never. */
  readonly open: (Content | null)[];
}

/** What a bucket has to have, by all that its clients were told. Nobody writes a key while another does. */
export class Expectation {
  readonly #keys = new Map<string, Expected>();

  settle(key: string, content: Content | null): void {
    const known = this.#keys.get(key);
    if (known) known.settled = content;
    else this.#keys.set(key, { settled: content, open: [] });
  }

  leaveOpen(key: string, content: Content | null): void {
    const known = this.#keys.get(key) ?? { settled: null, open: [] };
    known.open.push(content);
    this.#keys.set(key, known);
  }

  get keys(): string[] {
    return [...this.#keys.keys()];
  }

  /** The keys that are known to be deleted. */
  get deleted(): string[] {
    return this.keys.filter((key) => this.mayBe(key, undefined) && this.#keys.get(key)?.open.length === 0);
  }

  /** Whether clients may find bytes of that MD5 under the key, or nothing. */
  mayBe(key: string, md5: string | undefined): boolean {
    const known = this.#keys.get(key);
    const choices = known ? [known.settled, ...known.open] : [null];
    return choices.some((choice) => (choice ? md5Of(bytesOf(choice)) : undefined) === md5);
  }

  /** The keys of which `found`, MD5s by key, is not what clients were told. */
  brokenBy(found: ReadonlyMap<string, string>): string[] {
    const keys = new Set([...this.#keys.keys(), ...found.keys()]);
    return [...keys].filter((key) => !this.mayBe(key, found.get(key)));
  }
}
