/** How many of something there are, and when there is none left. */
export class Count {
  #running = 0;
  #waiting: (() => void)[] = [];

  get isAbove0(): boolean {
    return this.#running > 0;
  }

  enter(): void {
    this.#running += 1;
  }

  leave(): void {
    this.#running -= 1;
    if (this.isAbove0) return;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  async zero(): Promise<void> {
    while (this.isAbove0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}
