import type { IncomingMessage, ServerResponse } from 'node:http';
import type { S3Filter } from '../../s3/message.js';
import type { AroundCopy } from '../../shadow/copying/copy-log.js';
import type { Clock } from '../../system/clock.js';
import type { Logger } from '../../system/logger.js';
import type { Served } from '../access-log.js';
import type { AskedStore } from '../metrics/backends.js';

/** Answers a request, and tells how. */
export type Serve = (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<Served>;

/** Spans of what a gateway does, sent on by OpenTelemetry. */
export interface Tracing {
  /** A span for each request of a client, in the trace that the client says it belongs to (W3C Trace Context). */
  aroundRequests(serve: Serve): Serve;
  /** A span for each request to a store. */
  aroundStore(store: AskedStore): S3Filter;
  /** A span for each copy of an object of a bucket. */
  aroundCopies(bucket: string): AroundCopy;
  /** What `work` begins belongs to no request, whoever has it begun. */
  detached<T>(work: () => T): T;
  /** Sends what is left, for some seconds at most. */
  close(): Promise<void>;
}

export interface TraceSettings {
  /** Whether spans tell keys of objects. */
  readonly keys: boolean;
}

export interface OpenTracingOptions {
  readonly settings: TraceSettings | undefined;
  /** Of this process, among all that share the state. */
  readonly id: string;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'warn'>;
}

/** Nothing of OpenTelemetry's SDK is loaded unless there is somebody to send spans to. */
export async function openTracing({
  settings,
  ...options
}: OpenTracingOptions): Promise<Tracing | undefined> {
  if (!settings) return undefined;
  const { createTracing } = await import('./spans.js');
  return createTracing({ ...settings, ...options });
}
