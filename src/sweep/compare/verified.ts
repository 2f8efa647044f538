/**
 * How much is asked before two objects are told to be the same: what the listings show; what each store tells of its object or what is recomputed from it, which
 * takes all bytes of both where neither tells a hash; all their bytes.
 */
export const LEVELS = ['listing', 'checksum', 'content'] as const;
export type Level = (typeof LEVELS)[number];

/**
 * - `same`, `different`: both stores have the key
 * - `missing`: the shadow has it, the target has not, and no client deleted it
 * - `extra`: the target alone has it; no defect where clients wrote it, which the reason tells
 * - `deleted`: by clients, through the gateway
 * - `rewritten`: the target has what clients wrote in place of the copy, and nothing is wrong with that
 * - `unverifiable`: nothing is known against it, and nothing proves it
 */
export const RESULTS = [
  'same',
  'different',
  'missing',
  'extra',
  'deleted',
  'rewritten',
  'unverifiable',
] as const;
export type Result = (typeof RESULTS)[number];

/** A hash of an object that was found to be that of both; `value` in hexadecimal, for `etag` as S3 writes that of an upload in parts. */
export interface ProvenHash {
  readonly algorithm: string;
  readonly value: string;
}

/** What was found out of one key. */
export interface Verified {
  readonly key: string;
  /** Bytes: the target's, or the source's where the target has none. */
  readonly size: number;
  /** With their quotes. */
  readonly sourceETag?: string | undefined;
  readonly targetETag?: string | undefined;
  readonly hash?: ProvenHash | undefined;
  readonly level: Level;
  readonly result: Result;
  readonly reason?: string | undefined;
  /** Of what is not verifiable: a store failed, and may answer at another time. */
  readonly isStoreFailing?: boolean | undefined;
}

/** A result before it is told: of what is not `same`, why. */
export interface Judgement {
  readonly result: Result;
  readonly hash?: ProvenHash | undefined;
  readonly reason?: string | undefined;
  readonly isStoreFailing?: boolean | undefined;
}

/** What comes of comparing bytes; `moved`: one of the objects is another by now than the one that was seen. */
export type Compared = Judgement | 'moved';

export const unverifiable = (reason: string): Judgement => ({ result: 'unverifiable', reason });
/** A store did not tell what was asked of it. */
export const storeFailed = (reason: string): Judgement => ({ ...unverifiable(reason), isStoreFailing: true });
export const different = (reason: string): Judgement => ({ result: 'different', reason });
