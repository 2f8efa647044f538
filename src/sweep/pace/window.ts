/** A time of each day by the wall clock. It may span midnight. */
export interface Window {
  /** Minutes since midnight: 0 to 1,439. */
  readonly from: number;
  /** Minutes since midnight: 1 to 1,440. The first that does not belong to it. */
  readonly to: number;
  /** IANA name of a time zone; that of the process unless it is given. */
  readonly zone?: string | undefined;
}

export interface WindowTimes {
  /** @param at unix milliseconds */
  isOpen(at: number): boolean;
  /** When it is open next, unix milliseconds: `at` itself if it is open then. */
  opensAt(at: number): number;
}

export const WINDOW_RULE =
  'two times of day such as "22:00-06:00", with a time zone after them unless it is that of the gateway ("22:00-06:00 Europe/Berlin")';

const WINDOW = /^(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})(?: (\S+))?$/;
const MINUTE_MS = 60_000;
const DAY_MINUTES = 1_440;
/** What opens every day may leave out one when clocks are changed. */
const MAX_CLOSED_MINUTES = 2 * DAY_MINUTES + 120;

/** A window as text (WINDOW_RULE); undefined when it is none. */
export function parseWindow(text: string): Window | undefined {
  const [, fromHour, fromMinute, toHour, toMinute, zone] = WINDOW.exec(text) ?? [];
  const from = minutesOf(fromHour, fromMinute);
  const end = minutesOf(toHour, toMinute);
  const to = end === 0 ? DAY_MINUTES : end;
  if (!(from < DAY_MINUTES && to <= DAY_MINUTES) || from === to % DAY_MINUTES) return undefined;
  if (zone === undefined) return { from, to };
  return isZone(zone) ? { from, to, zone } : undefined;
}

/** `22:00-06:00`, with its time zone if it has one. */
export function formatWindow({ from, to, zone }: Window): string {
  const times = `${formatTime(from)}-${formatTime(to)}`;
  return zone === undefined ? times : `${times} ${zone}`;
}

/**
 * When a window is open: as long as the wall clock shows a time in it. So an hour that comes twice when clocks are put back belongs to it twice, and one that is left out when they
 * are put forward does not.
 */
export function windowTimes({ from, to, zone }: Window): WindowTimes {
  const wallClock = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  const isOpen = (at: number) => {
    const [hour, minute] = wallClock.format(at).split(':');
    const shown = minutesOf(hour, minute);
    return from < to ? from <= shown && shown < to : from <= shown || shown < to;
  };
  return {
    isOpen,
    opensAt(at) {
      // Minute by minute: where clocks are changed, no arithmetic of times of day holds.
      let next = at;
      for (let minutes = 0; minutes < MAX_CLOSED_MINUTES && !isOpen(next); minutes += 1)
        next = nextMinute(next);
      return next;
    },
  };
}

/** When the next minute begins, unix milliseconds. */
export const nextMinute = (at: number): number => (Math.floor(at / MINUTE_MS) + 1) * MINUTE_MS;

/** NaN where it is no time. */
function minutesOf(hour: string | undefined, minute: string | undefined): number {
  return Number(minute) < 60 ? Number(hour) * 60 + Number(minute) : Number.NaN;
}

function formatTime(minutes: number): string {
  const two = (value: number) => String(value).padStart(2, '0');
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en-GB', { timeZone: zone });
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}
