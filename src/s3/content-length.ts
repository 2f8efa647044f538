const DIGITS = /^\d{1,15}$/;

/** A Content-Length in bytes (RFC 9110, 8.6); undefined for any other text, and for more than can be counted exactly. */
export const parseLength = (text: string): number | undefined =>
  DIGITS.test(text) ? Number(text) : undefined;
