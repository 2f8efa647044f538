const FORM = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;

/** Of the second that was asked for last: requests have it in common. */
let last = { second: Number.NaN, text: '' };

/** `now` (ms) in the basic form of ISO 8601 that SigV4 uses: 20130524T000000Z. */
export function formatTimestamp(now: number): string {
  const second = Math.floor(now / 1_000);
  if (second !== last.second)
    last = { second, text: new Date(now).toISOString().replace(/[:-]|\.\d{3}/g, '') };
  return last.text;
}

let latest: { readonly text: string; readonly ms: number | undefined } = { text: '', ms: undefined };

/** Milliseconds since the epoch; undefined when the text is no such timestamp. Requests of one second have the same. */
export function parseTimestamp(text: string): number | undefined {
  if (text !== latest.text) latest = { text, ms: parse(text) };
  return latest.ms;
}

function parse(text: string): number | undefined {
  const match = FORM.exec(text);
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second] = match;
  const ms = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(ms) ? undefined : ms;
}
