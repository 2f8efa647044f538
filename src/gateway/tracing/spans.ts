import type { IncomingHttpHeaders } from 'node:http';
import { Readable } from 'node:stream';
import {
  type Attributes,
  context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import type { S3Filter } from '../../s3/message.js';
import { SOURCE } from '../../shadow/source.js';
import { errorOf } from '../../system/thrown.js';
import type { Served } from '../access-log.js';
import type { AskedStore } from '../metrics/backends.js';
import { type OpenTelemetryOptions, openTelemetry } from './open-telemetry.js';
import type { TraceSettings, Tracing } from './tracing.js';

type Options = OpenTelemetryOptions & TraceSettings;

/** Attributes have the names of OpenTelemetry's semantic conventions where there are such ("HTTP spans", "AWS SDK S3"). */
export function createTracing({ keys, ...options }: Options): Tracing {
  const { tracer, close } = openTelemetry(options);
  const keyOf = (key: string | undefined): Attributes => (keys && key ? { 'aws.s3.key': key } : {});

  return {
    aroundRequests: (serve) => (incoming, outgoing) => {
      const parent = propagation.extract(ROOT_CONTEXT, contextOf(incoming.headers));
      const span = tracer.startSpan('S3', { kind: SpanKind.SERVER }, parent);
      return context.with(trace.setSpan(parent, span), async () => {
        try {
          const served = await serve(incoming, outgoing);
          describeServed(span, served);
          span.setAttributes(keyOf(served.exchange.head?.address.key));
          return served;
        } finally {
          span.end();
        }
      });
    },
    aroundStore: (store) => tracedStore(tracer, store, keyOf),
    aroundCopies: (bucket) => (copy, work) => {
      const attributes = { 'aws.s3.bucket': bucket, 'penumbra.occasion': copy.as, ...keyOf(copy.key) };
      return tracer.startActiveSpan('copy', { attributes }, async (span) => {
        const outcome = await work();
        span.setAttribute('penumbra.outcome', outcome.state);
        if (outcome.state === 'copied') span.setAttribute('penumbra.bytes', outcome.bytes);
        if (outcome.state === 'failed') fail(span, outcome.failure ?? 'other');
        span.end();
        return outcome;
      });
    },
    detached: (work) => context.with(ROOT_CONTEXT, work),
    close,
  };
}

/** Of what clients send, that alone. */
const contextOf = ({ traceparent, tracestate }: IncomingHttpHeaders) => ({ traceparent, tracestate });

function describeServed(span: Span, { exchange, response, sent }: Served): void {
  const { head, incoming, requestId, code } = exchange;
  span.updateName(`S3 ${head?.operation ?? 'Unknown'}`);
  span.setAttributes({
    'rpc.method': head?.operation ?? 'Unknown',
    'http.request.method': incoming.method ?? '',
    'http.response.status_code': response.status,
    'http.response.body.size': sent.bytes,
    'aws.request_id': requestId,
    ...(head && head.address.bucket !== '' && { 'aws.s3.bucket': head.address.bucket }),
    ...(response.headers[SOURCE] !== undefined && { 'penumbra.source': response.headers[SOURCE] }),
  });
  if (sent.error !== undefined) fail(span, 'broken off');
  else if (response.status >= 500) fail(span, code ?? String(response.status));
}

function tracedStore(
  tracer: Tracer,
  { backend, side }: AskedStore,
  keyOf: (key: string) => Attributes,
): S3Filter {
  const of = { 'penumbra.backend': backend, 'penumbra.side': side };
  return (service) => async (request) => {
    const { operation, method, bucket, key } = request;
    const attributes = {
      ...of,
      ...keyOf(key),
      'rpc.method': operation,
      'http.request.method': method,
      'aws.s3.bucket': bucket,
    };
    const span = tracer.startSpan(`${side} ${operation}`, { kind: SpanKind.CLIENT, attributes });
    try {
      const answer = await context.with(trace.setSpan(context.active(), span), () => service(request));
      span.setAttribute('http.response.status_code', answer.status);
      if (answer.status >= 500) fail(span, String(answer.status));
      const { body } = answer;
      if (body instanceof Readable) body.on('close', () => span.end());
      else span.end();
      return answer;
    } catch (error) {
      fail(span, errorOf(error).name);
      span.end();
      throw error;
    }
  };
}

/** Messages of errors may name keys. */
function fail(span: Span, type: string): void {
  span.setAttribute('error.type', type);
  span.setStatus({ code: SpanStatusCode.ERROR });
}
