import { formatWindow, parseWindow, WINDOW_RULE, type Window } from './window.js';

/** What a sweep may take of the stores, in all processes together; what is left out has no limit. */
export interface PaceLimits {
  /** Bytes per second that are read from the shadow. */
  readonly maxBandwidth?: number | undefined;
  /** Requests per second, of both stores together. */
  readonly maxRequests?: number | undefined;
  /** When objects are begun; at any time without it. */
  readonly window?: Window | undefined;
}

export const BANDWIDTH_RULE =
  'bytes per second, at least 100kB, in B, kB, MB, GB, KiB, MiB or GiB, such as "50MB"';
export const REQUESTS_RULE = 'a whole number of requests per second from 1 to 1000000';

const BANDWIDTH = /^(\d+(?:\.\d+)?) ?([A-Za-z]+)$/;
const UNITS: ReadonlyMap<string, number> = new Map([
  ['B', 1],
  ['kB', 1_000],
  ['MB', 1_000_000],
  ['GB', 1_000_000_000],
  ['KiB', 1_024],
  ['MiB', 1_048_576],
  ['GiB', 1_073_741_824],
]);
/** Below that a body would stand still for longer than stores wait. */
const LEAST_BANDWIDTH = 100_000;
const MOST_REQUESTS = 1_000_000;

/** Bytes per second from text (BANDWIDTH_RULE); undefined when it is none. */
export function parseBandwidth(text: string): number | undefined {
  const [, amount, unit = ''] = BANDWIDTH.exec(text) ?? [];
  const bytes = Math.floor(Number(amount) * (UNITS.get(unit) ?? Number.NaN));
  return bytes >= LEAST_BANDWIDTH && Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** Requests per second from text (REQUESTS_RULE); undefined when it is none. */
export function parseRequests(text: string): number | undefined {
  const requests = /^\d{1,7}$/.test(text) ? Number(text) : 0;
  return requests >= 1 && requests <= MOST_REQUESTS ? requests : undefined;
}

/** Limits as they are stored, with the window as text. @throws RangeError when this process does not know its time zone */
export function readLimits({
  window: text,
  ...rates
}: Omit<PaceLimits, 'window'> & { readonly window?: string | undefined }): PaceLimits {
  if (text === undefined) return rates;
  const window = parseWindow(text);
  if (!window) throw new RangeError(`window: ${JSON.stringify(text)} must be ${WINDOW_RULE}`);
  return { ...rates, window };
}

/** What lifts a limit, in place of its value. */
export const OFF = 'off';

/** What an operator may set, as text, and what is stored of it; `parse` gives undefined for what is not `rule`. */
export const SETTABLE = {
  maxBandwidth: { parse: parseBandwidth, rule: `${BANDWIDTH_RULE}, or "${OFF}"` },
  maxRequests: { parse: parseRequests, rule: `${REQUESTS_RULE}, or "${OFF}"` },
  window: { parse: normalWindow, rule: `${WINDOW_RULE}, or "${OFF}"` },
} as const;

function normalWindow(text: string): string | undefined {
  const window = parseWindow(text);
  return window && formatWindow(window);
}
