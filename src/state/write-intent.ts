import type { Intent } from './key-record.js';

/** A writer's announcement that the ends of its requests are about to be released. */
export interface WriteIntent {
  readonly key: string;
  readonly id: string;
  readonly mode: Intent['mode'];
  readonly purpose?: string | undefined;
  /** When the others no longer honour it, ms; later with every renewal. */
  until: number;
}
