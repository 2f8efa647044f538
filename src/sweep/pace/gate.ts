import { abortListeners } from '../../system/abort-listeners.js';
import type { Clock } from '../../system/clock.js';

/** What keeps the next object from being begun. */
export interface Obstacle<Reason> {
  readonly for: Reason;
  /** After how many milliseconds it may be gone without anybody saying so. */
  readonly lookIn?: number;
}

interface Waiter {
  readonly begin: () => void;
  readonly refuse: (reason: unknown) => void;
}

export interface GateOptions<Reason> {
  readonly clock: Clock;
  readonly obstacle: () => Obstacle<Reason> | undefined;
  /** Called for each object that is begun. */
  readonly begun: () => void;
}

/** Lets objects begin one after the other, in the order in which they came, as long as there is no obstacle. */
export class Gate<Reason> {
  #underWay = 0;
  #refusal: Error | undefined;
  #timer: { cancel(): void } | undefined;
  readonly #waiters = new Set<Waiter>();

  constructor(private readonly options: GateOptions<Reason>) {}

  get underWay(): number {
    return this.#underWay;
  }

  /** What objects wait for; undefined when none waits. */
  get obstacle(): Obstacle<Reason> | undefined {
    return this.#waiters.size > 0 ? this.options.obstacle() : undefined;
  }

  /** Resolves when the object is under way, until `leave`. @throws the signal's reason, or that of `close` */
  enter(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      if (this.#refusal) throw this.#refusal;
      const leavers = abortListeners(signal);
      const end = () => {
        leavers.delete(leave);
        this.#waiters.delete(waiter);
      };
      const refuse = (reason: unknown) => {
        end();
        reject(reason);
      };
      const begin = () => {
        end();
        resolve();
      };
      const leave = () => refuse(signal.reason);
      const waiter = { begin, refuse };
      leavers.add(leave);
      this.#waiters.add(waiter);
      this.look();
    });
  }

  leave(): void {
    this.#underWay -= 1;
    this.look();
  }

  /** Something may have changed that kept objects from being begun. */
  look(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    for (const waiter of this.#waiters) {
      const obstacle = this.options.obstacle();
      if (obstacle) {
        this.#lookLater(obstacle);
        return;
      }
      this.#underWay += 1;
      this.options.begun();
      waiter.begin();
    }
  }

  /** Objects that wait, and all that come, are refused. */
  close(refusal: Error): void {
    this.#refusal = refusal;
    this.#timer?.cancel();
    for (const { refuse } of this.#waiters) refuse(refusal);
  }

  #lookLater({ lookIn }: Obstacle<Reason>): void {
    if (lookIn !== undefined) this.#timer = this.options.clock.after(lookIn, () => this.look());
  }
}
