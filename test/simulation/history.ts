import { createHash } from 'node:crypto';
import { compositeETag } from '../../src/shadow/copying/part-layout.js';
import type { Operation } from './linearizability.js';

export type KeyedOperation = Operation & { readonly key: string };

/** What clients did and saw, in the order of calls and returns, and which value each ETag stands for. */
export class History {
  readonly operations: KeyedOperation[] = [];
  /** The ETags that clients were shown, the latest last. */
  readonly #seen = new Map<string, string[]>();
  readonly #values = new Map<string, string>();
  #events = 0;
  #written = 0;

  /** The number of an event that happens now. */
  now(): number {
    this.#events += 1;
    return this.#events;
  }

  record(operation: KeyedOperation): void {
    this.operations.push(operation);
  }

  /** A value that nobody wrote before. */
  newValue(key: string): string {
    return this.know(this.lostValue(key));
  }

  /** A value that must not be found anywhere. */
  lostValue(key: string): string {
    this.#written += 1;
    return `value ${this.#written} of ${key}`;
  }

  /** The value as a whole, and as the parts that it is made of. */
  know(value: string, parts: readonly string[] = [value]): string {
    for (const etag of [etagOf(value), compositeETag([etagOf(value)]), compositeETag(parts.map(etagOf))])
      this.#values.set(etag, value);
    return value;
  }

  /** Every value there was. */
  get values(): string[] {
    return [...new Set(this.#values.values())];
  }

  isKnown(etag: string): boolean {
    return this.#values.has(etag);
  }

  valueOf(etag: string): string {
    return this.#values.get(etag) ?? `unknown ${etag}`;
  }

  /** The value that goes on so after its beginning. */
  valueEnding(end: string): string {
    return this.values.find((value) => value.slice(-end.length) === end) ?? `unknown …${end}`;
  }

  see(key: string, etag: string): void {
    this.#seen.set(key, [...(this.#seen.get(key) ?? []), etag]);
  }

  /** An ETag of a whole object, which stays when the object is copied. */
  lastSeen(key: string): string | undefined {
    return this.#seen.get(key)?.findLast((etag) => !etag.includes('-'));
  }
}

export const etagOf = (value: string): string => `"${createHash('md5').update(value).digest('hex')}"`;
