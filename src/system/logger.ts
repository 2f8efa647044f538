import {
  type DestinationStream,
  destination,
  type Level,
  type Logger,
  pino,
  stdSerializers,
  stdTimeFunctions,
} from 'pino';
import { withoutSecrets } from './without-secrets.js';

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

export const LOG_FORMATS = ['json', 'pretty'] as const;

const STDERR = 2;

export interface LoggerOptions {
  readonly level?: (typeof LOG_LEVELS)[number] | undefined;
  /** Where the lines go; stderr, written in the background, unless given. */
  readonly stream?: DestinationStream;
  /** Whether keys of objects show, which they do unless they are private. */
  readonly keys?: boolean | undefined;
}

export interface OpenLoggerOptions extends Omit<LoggerOptions, 'stream'> {
  /** Lines for machines, or for who looks on; for a terminal the latter, unless given. */
  readonly format?: (typeof LOG_FORMATS)[number] | undefined;
}

/** A logger to stderr. */
export async function openLogger({ format, ...options }: OpenLoggerOptions): Promise<Logger> {
  const isPretty = (format ?? (process.stderr.isTTY ? 'pretty' : 'json')) === 'pretty';
  return createLogger({ ...options, stream: isPretty ? await prettyStderr() : stderr() });
}

/** By name, errors of what is out of reach: no defect of ours, so why says more than where. */
const OUTAGES: ReadonlySet<string> = new Set(['KvUnavailable', 'BackendUnavailable']);

const HIDDEN = '(hidden)';

/** One JSON object per line; an outage has no stack trace. */
export function createLogger({ level = 'info', stream = stderr(), keys = true }: LoggerOptions = {}): Logger {
  const serializers = { err: describeError, ...(!keys && { key: () => HIDDEN }) };
  return pino({ level, base: null, timestamp: stdTimeFunctions.isoTime, serializers }, stream);
}

/** Nothing else of an error: what libraries hang on theirs can be the command that failed, or the request, with its secrets. */
function describeError(error: Error) {
  const { type, message, stack } = stdSerializers.err(error);
  const { code, errors } = error as Error & { readonly code?: unknown; readonly errors?: unknown };
  return {
    type,
    message: withoutSecrets(message),
    ...(typeof code === 'string' && { code }),
    ...(Array.isArray(errors) && {
      errors: errors.slice(0, MAX_ERRORS).map((one) => withoutSecrets(String(one))),
    }),
    ...(!OUTAGES.has(type) && stack !== undefined && { stack: withoutSecrets(stack) }),
  };
}

/** Of those that are one error together. */
const MAX_ERRORS = 5;

function stderr(): DestinationStream {
  return destination({ dest: STDERR, sync: false });
}

/** Loaded only where somebody looks on. */
async function prettyStderr(): Promise<DestinationStream> {
  const { default: pretty } = await import('pino-pretty');
  return pretty({
    destination: STDERR,
    colorize: process.stderr.isTTY && process.stderr.hasColors(),
    translateTime: 'SYS:HH:MM:ss.l',
    singleLine: true,
  });
}
