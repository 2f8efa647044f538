import type { Row } from '../row.js';
import type { Ended } from './tracker.js';

/** What a pass does with the keys of a bucket. */
export interface PassWork {
  /** What comes of a key as both listings show it; undefined where there is nothing to count. Rejects only when the signal aborts. */
  judge(row: Row, signal: AbortSignal): Promise<Ended> | Ended | undefined;
  /** What comes of a key of which only the name is known, and the bytes that it had. */
  again(key: string, bytes: number, signal: AbortSignal): Promise<Ended>;
}
