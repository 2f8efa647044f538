import type { Operation } from '../simulation/linearizability.js';
import { Values } from './values.js';

export interface WitnessedOperation extends Operation {
  /** Which of the many ways of reading and writing it was. */
  readonly what: string;
}

/** What all clients did and saw, key by key, in milliseconds since the beginning. */
export class History {
  readonly values = new Values();
  readonly #operations = new Map<string, WitnessedOperation[]>();
  readonly #events: string[] = [];
  readonly #wonders = new Map<string, number>();
  readonly #counts = new Map<string, number>();
  readonly #seen = new Map<string, string>();
  readonly #beginning = process.hrtime.bigint();

  now(): number {
    return Number(process.hrtime.bigint() - this.#beginning) / 1e6;
  }

  record(key: string, operation: WitnessedOperation): void {
    const ofKey = this.#operations.get(key);
    if (ofKey) ofKey.push(operation);
    else this.#operations.set(key, [operation]);
  }

  of(key: string): readonly WitnessedOperation[] {
    return this.#operations.get(key) ?? [];
  }

  count(what: string): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1);
  }

  /** Counts what went wrong, and remembers when, and with what. */
  happened(what: string, detail = ''): void {
    this.count(what);
    this.#events.push(`${this.now().toFixed(3)}  ${what}  ${detail}`);
  }

  get events(): readonly string[] {
    return this.#events;
  }

  /** Notes an answer that no client should get. */
  wonder(answer: string): void {
    this.#wonders.set(answer, (this.#wonders.get(answer) ?? 0) + 1);
  }

  get wonders(): ReadonlyMap<string, number> {
    return this.#wonders;
  }

  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  /** Only an ETag of a whole object stays when the object is copied from one store to the other. */
  see(key: string, etag: string | undefined): void {
    if (etag !== undefined && /^"[0-9a-f]{32}"$/.test(etag)) this.#seen.set(key, etag);
  }

  lastSeen(key: string): string | undefined {
    return this.#seen.get(key);
  }
}
