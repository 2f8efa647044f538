import { parseHttpDate } from './http-date.js';
import type { HeaderFields } from './message.js';

/** What conditions are judged against. */
export interface Validators {
  /** With its quotes. */
  readonly etag: string;
  /** Milliseconds since the epoch. */
  readonly lastModified: number;
}

export type ConditionOutcome = 'proceed' | 'not-modified' | 'precondition-failed';

interface Conditions {
  readonly ifMatch: string | undefined;
  readonly ifNoneMatch: string | undefined;
  readonly ifModifiedSince: string | undefined;
  readonly ifUnmodifiedSince: string | undefined;
}

/**
 * Judges If-Match, If-None-Match, If-Modified-Since and If-Unmodified-Since against what is there; `current` is
 * undefined when nothing is. The order is that of RFC 9110, 13.2.2: an ETag wins over a date.
 */
export function evaluateConditions(
  { method, headers }: { method: string; headers: HeaderFields },
  current: Validators | undefined,
): ConditionOutcome {
  const isRead = method === 'GET' || method === 'HEAD';
  return judge(conditionsOf(headers, ''), current, isRead);
}

/** Judges the x-amz-copy-source-if-* of a copy against its source; every condition that fails is a 412. */
export function evaluateCopyConditions(headers: HeaderFields, source: Validators): ConditionOutcome {
  const outcome = judge(conditionsOf(headers, 'x-amz-copy-source-'), source, true);
  return outcome === 'not-modified' ? 'precondition-failed' : outcome;
}

/** Whether If-Range lets the Range hold: it names the ETag or the date that the object has (RFC 9110, 13.1.5). */
export function rangeStillApplies(headers: HeaderFields, current: Validators): boolean {
  const condition = headers['if-range'];
  if (condition === undefined) return true;
  const date = parseHttpDate(condition);
  return date === undefined ? condition === current.etag : date === wholeSeconds(current.lastModified);
}

function conditionsOf(headers: HeaderFields, prefix: string): Conditions {
  return {
    ifMatch: headers[`${prefix}if-match`],
    ifNoneMatch: headers[`${prefix}if-none-match`],
    ifModifiedSince: headers[`${prefix}if-modified-since`],
    ifUnmodifiedSince: headers[`${prefix}if-unmodified-since`],
  };
}

function judge(conditions: Conditions, current: Validators | undefined, isRead: boolean): ConditionOutcome {
  if (!mayProceed(conditions, current)) return 'precondition-failed';
  if (!isUnseen(conditions, current, isRead)) return isRead ? 'not-modified' : 'precondition-failed';
  return 'proceed';
}

function mayProceed({ ifMatch, ifUnmodifiedSince }: Conditions, current: Validators | undefined): boolean {
  if (ifMatch !== undefined) return current !== undefined && names(ifMatch, current.etag);
  const since = dateOf(ifUnmodifiedSince);
  return since === undefined || current === undefined || wholeSeconds(current.lastModified) <= since;
}

function isUnseen(
  { ifNoneMatch, ifModifiedSince }: Conditions,
  current: Validators | undefined,
  isRead: boolean,
): boolean {
  if (current === undefined) return true;
  if (ifNoneMatch !== undefined) return !names(ifNoneMatch, current.etag);
  const since = dateOf(ifModifiedSince);
  return !isRead || since === undefined || wholeSeconds(current.lastModified) > since;
}

/** Whether a list of ETags, or `*`, names this one. S3 clients also send them without their quotes. */
function names(list: string, etag: string): boolean {
  if (list.trim() === '*') return true;
  return list.split(',').some((item) => bare(item) === bare(etag));
}

function bare(etag: string): string {
  return etag
    .trim()
    .replace(/^W\//, '')
    .replace(/^"(.*)"$/, '$1');
}

function dateOf(header: string | undefined): number | undefined {
  return header === undefined ? undefined : parseHttpDate(header);
}

/** HTTP dates have no fractions of a second. */
function wholeSeconds(ms: number): number {
  return Math.floor(ms / 1000) * 1000;
}
