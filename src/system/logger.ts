import {
  type DestinationStream,
  destination,
  type Level,
  type Logger,
  pino,
  stdSerializers,
  stdTimeFunctions,
} from 'pino';

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

/** By name, errors of what is out of reach: no defect of ours, so why says more than where. */
const OUTAGES: ReadonlySet<string> = new Set(['KvUnavailable', 'BackendUnavailable']);

/** One JSON object per line; an outage has no stack trace. */
export function createLogger({ level = 'info', stream = stderr() }: LoggerOptions = {}): Logger {
  const serializers = { err: describeError };
  return pino({ level, base: null, timestamp: stdTimeFunctions.isoTime, serializers }, stream);
}

function describeError(error: Error) {
  const { type, message, ...defect } = stdSerializers.err(error);
  return OUTAGES.has(type) ? { type, message } : { type, message, ...defect };
}

function stderr(): DestinationStream {
  return destination({ dest: STDERR, sync: false });
}
