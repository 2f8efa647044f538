const FORMAT = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

/** A time as its reader writes it; '–' for none. */
export const timeWords = (iso: string | null | undefined): string =>
  iso ? FORMAT.format(new Date(iso)) : '–';

/** @param seconds since 1970 */
export const unixWords = (seconds: number | null): string =>
  seconds === null ? '–' : FORMAT.format(new Date(seconds * 1_000));
