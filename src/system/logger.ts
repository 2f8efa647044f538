import { type DestinationStream, destination, type Level, type Logger, pino, stdTimeFunctions } from 'pino';

export type { Logger } from 'pino';

export const LOG_LEVELS = [
  'fatal',
  'error',
  'warn',
  'info',
  'debug',
  'trace',
  'silent',
] as const satisfies readonly (Level | 'silent')[];

const STDERR = 2;

export interface LoggerOptions {
  readonly level?: (typeof LOG_LEVELS)[number];
  /** Where the lines go; stderr, written in the background, unless given. */
  readonly stream?: DestinationStream;
}

/** One JSON object per line. */
export function createLogger({ level = 'info', stream = stderr() }: LoggerOptions = {}): Logger {
  return pino({ level, base: null, timestamp: stdTimeFunctions.isoTime }, stream);
}

function stderr(): DestinationStream {
  return destination({ dest: STDERR, sync: false });
}
