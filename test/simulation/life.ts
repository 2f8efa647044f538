import type { Scheduler } from './scheduler.js';

/** A process that may stand still for a while, and end at any instant: from then on nothing that it waits for comes back to it. */
export class Life {
  readonly ended: Promise<void>;
  #end: () => void = () => undefined;
  #stall: Promise<void> | undefined;
  #cut: Promise<void> | undefined;
  alive = true;

  constructor(private readonly scheduler: Scheduler) {
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  end(): void {
    this.alive = false;
    this.#end();
  }

  get isStalled(): boolean {
    return this.alive && this.#stall !== undefined;
  }

  /** The process stands still for `ms`: whatever comes meanwhile waits for it. */
  stall(ms: number): void {
    this.#stall ??= this.scheduler.sleep(ms).then(() => {
      this.#stall = undefined;
    });
  }

  /** Whether the process does not reach the state. */
  get isCutOff(): boolean {
    return this.#cut !== undefined;
  }

  /** For `ms` the process does not reach the state, nor hears of it. */
  cutOff(ms: number): void {
    this.#cut ??= this.scheduler.sleep(ms).then(() => {
      this.#cut = undefined;
    });
  }

  /** Resolves when the process reaches the state, at once unless it is cut off. */
  async inTouch(): Promise<void> {
    while (this.#cut) await this.#cut;
  }

  /** Resolves when the process can go on, at once unless it stands still. */
  async goesOn(): Promise<void> {
    while (this.#stall) await this.#stall;
    if (!this.alive) return forever();
  }

  /** Hands over what took its time to come, unless nobody is there any more. */
  async receive<T>(answer: T): Promise<T> {
    await this.scheduler.pause();
    await this.goesOn();
    return answer;
  }
}

export const forever = <T>(): Promise<T> => new Promise<T>(() => undefined);
