/** What names beyond the bound are counted as. No bucket can be called so. */
export const OTHER = '(other)';

/** Labels made of names that operators choose: the first `most` of them as they are, all others as one. */
export class BoundedNames {
  readonly #names = new Set<string>();

  constructor(private readonly most: number) {}

  labelOf(name: string): string {
    if (this.#names.has(name)) return name;
    if (this.#names.size >= this.most) return OTHER;
    this.#names.add(name);
    return name;
  }
}
