import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { HeaderFields } from '../../../src/s3/message.js';
import { ROOT, startTestGateway, type TestGateway } from '../harness.js';
import { type ReceivedSpan, type Receiver, startReceiver } from './receiver.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';

let receiver: Receiver;
let legacy: TestGateway;
let gateway: TestGateway;
/** What the target was asked with, by request. */
const asked: HeaderFields[] = [];

beforeAll(async () => {
  receiver = await startReceiver();
  // The SDK reads its variables by itself.
  process.env.OTEL_EXPORTER_OTLP_ENDPOINT = receiver.url;
  process.env.OTEL_SERVICE_NAME = 'photos-gateway';
  process.env.OTEL_BSP_SCHEDULE_DELAY = '50';
  legacy = await startTestGateway();
  gateway = await startTestGateway({
    config: { tracing: { keys: false } },
    filter: (service) => (request) => {
      asked.push(request.headers);
      return service(request);
    },
  });
  await legacy.createBucket('old');
  const { accessKeyId: access_key_id, secretAccessKey: secret_access_key } = ROOT;
  await gateway.createBucket('photos', {
    shadow: { name: 'old', endpoint: legacy.url, region: 'eu', access_key_id, secret_access_key },
  });
});

beforeEach(() => {
  receiver.spans.length = 0;
});

afterAll(async () => {
  await gateway.close();
  await Promise.all([legacy.close(), receiver.close()]);
});

/** The spans of a trace, once there are those of these names. */
async function spansOf(traceId: string, ...names: string[]): Promise<ReceivedSpan[]> {
  const found = () => receiver.spans.filter((span) => span.traceId === traceId);
  await vi.waitFor(
    () => expect(found().map(({ name }) => name)).toEqual(expect.arrayContaining(names)),
    10_000,
  );
  return found();
}

const named = (spans: readonly ReceivedSpan[], name: string) => spans.find((span) => span.name === name);

test('a read that copies is a span, in the trace that the client names, and so are the copy and what stores were asked', async () => {
  await legacy.send({ method: 'PUT', target: '/old/secret-key', body: 'of old' });
  const traceparent = `00-${TRACE}-${PARENT}-01`;
  await gateway.send({
    target: '/photos/secret-key',
    headers: { traceparent, tracestate: 'a=b', baggage: 'c=d' },
  });

  const names = ['S3 GetObject', 'target GetObject', 'shadow GetObject', 'copy', 'target PutObject'];
  const spans = await spansOf(TRACE, ...names);
  const server = named(spans, 'S3 GetObject');
  expect(server).toMatchObject({
    kind: 'server',
    parentSpanId: PARENT,
    hasFailed: false,
    service: 'photos-gateway',
  });
  expect(server?.attributes).toMatchObject({
    'rpc.method': 'GetObject',
    'aws.s3.bucket': 'photos',
    'http.response.status_code': 200,
    'penumbra.source': 'shadow',
  });
  const shadow = named(spans, 'shadow GetObject');
  expect(shadow).toMatchObject({ kind: 'client', parentSpanId: server?.spanId });
  expect(shadow?.attributes).toMatchObject({
    'penumbra.backend': legacy.url,
    'http.response.status_code': 200,
  });
  const copy = named(spans, 'copy');
  expect(copy?.parentSpanId).toBe(server?.spanId);
  expect(copy?.attributes).toMatchObject({
    'penumbra.occasion': 'read',
    'penumbra.outcome': 'copied',
    'penumbra.bytes': 6,
  });
  expect(named(spans, 'target PutObject')?.parentSpanId).toBe(copy?.spanId);
  expect(JSON.stringify(spans)).not.toContain('secret-key');
  for (const headers of asked)
    expect(Object.keys(headers).filter((name) => /^(trace|baggage)/.test(name))).toEqual([]);
});

test('a request without a trace begins one; a refusal is a span, and a failure is told as one', async () => {
  await gateway.send({ target: '/photos/none', credentials: null });
  await vi.waitFor(() => expect(named(receiver.spans, 'S3 GetObject')).toBeDefined(), 10_000);
  const refused = named(receiver.spans, 'S3 GetObject');
  expect(refused?.parentSpanId ?? '').toBe('');
  expect(refused).toMatchObject({ hasFailed: false, attributes: { 'http.response.status_code': 403 } });
});

test('what a trace says that is not sampled is not sent', async () => {
  const unsampled = '11112222333344445555666677778888';
  await gateway.send({ target: '/photos/none', headers: { traceparent: `00-${unsampled}-${PARENT}-00` } });
  await gateway.send({ target: '/photos/none', headers: { traceparent: `00-${TRACE}-${PARENT}-01` } });
  await spansOf(TRACE, 'S3 GetObject');
  expect(receiver.spans.map(({ traceId }) => traceId)).not.toContain(unsampled);
});

test('a copy that the sweep makes is a span, and what is asked for it belongs to that', async () => {
  await legacy.send({ method: 'PUT', target: '/old/swept', body: 'of old' });
  await gateway.admin('POST', '/buckets/photos/sweep', {});
  const isSwept = (span: ReceivedSpan) => span.attributes['penumbra.occasion'] === 'sweep';
  await vi.waitFor(() => expect(receiver.spans.filter(isSwept)).toHaveLength(1), 15_000);
  const [copy] = receiver.spans.filter(isSwept);
  const children = receiver.spans.filter(({ parentSpanId }) => parentSpanId === copy?.spanId);
  expect(children.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['shadow GetObject', 'target PutObject']),
  );
});

test('a store that gives no answer is a failure, of its own span and of the request’s', async () => {
  await legacy.close();
  await gateway.send({ target: '/photos/gone', headers: { traceparent: `00-${TRACE}-${PARENT}-01` } });
  const spans = await spansOf(TRACE, 'S3 GetObject', 'shadow GetObject');
  expect(named(spans, 'shadow GetObject')).toMatchObject({
    hasFailed: true,
    attributes: { 'error.type': 'BackendUnavailable' },
  });
  expect(named(spans, 'S3 GetObject')).toMatchObject({
    hasFailed: true,
    attributes: { 'error.type': 'ServiceUnavailable', 'http.response.status_code': 503 },
  });
});
