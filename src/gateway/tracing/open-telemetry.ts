import { type DiagLogFunction, DiagLogLevel, diag, type Tracer } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import type { Clock } from '../../system/clock.js';
import type { Logger } from '../../system/logger.js';
import { unlessAborted } from '../../system/unless-aborted.js';

export interface OpenTelemetryOptions {
  readonly id: string;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'warn'>;
}

/** How long the last spans may take to be sent, ms. */
const CLOSING_MS = 5_000;

/**
 * The SDK, which reads its variables by itself (OpenTelemetry, "Environment Variable Specification"): where spans go and with which header fields, which are
 * sampled, how many at once, what the service is called. It is one for the process, as the API has it.
 */
export function openTelemetry({ id, clock, log }: OpenTelemetryOptions): {
  readonly tracer: Tracer;
  close(): Promise<void>;
} {
  const warn: DiagLogFunction = (message) => log.warn({ reason: reasonIn(message) }, 'traces are not sent');
  const ignore: DiagLogFunction = () => undefined;
  diag.setLogger({ error: warn, warn, info: ignore, debug: ignore, verbose: ignore }, DiagLogLevel.WARN);
  const own = resourceFromAttributes({ 'service.name': 'penumbra', 'service.instance.id': id });
  const provider = new NodeTracerProvider({
    resource: defaultResource()
      .merge(own)
      .merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
  });
  provider.register();
  return {
    tracer: provider.getTracer('penumbra'),
    async close() {
      const over = new AbortController();
      const sent = provider
        .shutdown()
        .catch((error: unknown) => log.warn({ err: error }, 'traces are not sent'));
      await Promise.race([sent, clock.sleep(CLOSING_MS, over.signal).catch(unlessAborted(over.signal))]);
      over.abort();
    },
  };
}

/** Errors come as JSON, with their stacks. */
const reasonIn = (message: string): string => /"message":"([^"]*)"/.exec(message)?.[1] ?? message;
