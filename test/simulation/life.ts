import type { Scheduler } from './scheduler.js';

/** A process that may end at any instant: from then on nothing that it waits for comes back to it. */
export class Life {
  readonly ended: Promise<void>;
  #end: () => void = () => undefined;
  alive = true;

  constructor() {
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  end(): void {
    this.alive = false;
    this.#end();
  }

  /** Hands over what took its time to come, unless nobody is there any more. */
  async receive<T>(answer: T, scheduler: Scheduler): Promise<T> {
    await scheduler.pause();
    return this.alive ? answer : forever();
  }
}

export const forever = <T>(): Promise<T> => new Promise<T>(() => undefined);
