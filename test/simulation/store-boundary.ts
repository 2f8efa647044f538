import { Readable } from 'node:stream';
import { BackendUnavailable } from '../../src/backends/backend.js';
import { discard } from '../../src/s3/body.js';
import type { S3Body, S3Request, S3Response, S3Service } from '../../src/s3/message.js';
import { forever, type Life } from './life.js';
import { markOf } from './mark.js';
import type { Monitor, Side } from './monitor.js';
import type { Scheduler } from './scheduler.js';
import { stallSometimes } from './stall.js';
import type { Tally } from './tally.js';
import type { Weather } from './weather.js';

const TROUBLES = ['refused', 'lost request', 'lost answer', 'given up on'] as const;

interface Way {
  readonly side: Side;
  readonly life: Life;
  readonly weather: Weather;
  readonly monitor: Monitor;
  readonly tally: Tally;
}

/** A store as one gateway reaches it: requests and answers take their time, get lost, and die with the gateway. */
export const reached =
  (store: S3Service, way: Way): S3Service =>
  (request) =>
    unlessAborted(request.signal, send(store, request, way));

async function send(store: S3Service, request: S3Request, way: Way): Promise<S3Response> {
  const { side, life, weather, monitor, tally } = way;
  const { scheduler, random } = weather;
  if (!life.alive) return forever();
  monitor.sends(side, request);
  if (request.operation === 'CopyObject' && markOf(request) === undefined)
    tally.count('rule', 'the target was asked to copy by itself');
  const trouble = weather.strike('requests', 0.08, TROUBLES);
  await scheduler.pause();
  if (!life.alive && random.chance(0.5)) return forever();
  if (trouble === 'refused') return life.receive({ status: 503, headers: {} });
  if (trouble === 'lost request') throw await life.receive(lost(request));
  if (trouble === 'given up on') {
    givenUpOn(store, request, scheduler);
    return life.receive({ status: 504, headers: {} });
  }
  const answer = await store(delayed(request, scheduler));
  if (answer.status === 412 && markOf(request) === undefined)
    tally.count('rule', 'late copy refused by the target');
  if (trouble === 'lost answer') throw await life.receive(lost(request));
  stallSometimes(life, weather);
  return life.receive({ ...answer, ...streamed(request, answer, way) });
}

/** Something before the store has answered in its place: the store itself may yet apply the request, if all of it has been sent. */
function givenUpOn(store: S3Service, request: S3Request, scheduler: Scheduler): void {
  const applied = scheduler.pause().then(() => store(delayed(request, scheduler)));
  applied.then(
    ({ body }) => discard(body),
    () => undefined,
  );
}

const lost = (request: S3Request) => new BackendUnavailable(request.bucket, 'reset', true);

/** Whoever aborts is answered at once; what was sent whole by then may still take effect. */
async function unlessAborted<T>(signal: AbortSignal, answer: Promise<T>): Promise<T> {
  let abort: () => void = () => undefined;
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
  });
  return Promise.race([answer, aborted]).finally(() => signal.removeEventListener('abort', abort));
}

/** The last bytes of a body take their time to arrive, and with them the write takes effect. */
function delayed(request: S3Request, scheduler: Scheduler): S3Request {
  const { body, signal } = request;
  if (body === undefined || Buffer.isBuffer(body)) return request;
  return { ...request, body: Readable.from(arriving(body, signal, scheduler), { objectMode: false }) };
}

async function* arriving(body: Readable, signal: AbortSignal, scheduler: Scheduler): AsyncGenerator<Buffer> {
  for await (const chunk of body as AsyncIterable<Buffer>) yield chunk;
  await scheduler.pause();
  signal.throwIfAborted();
}

function streamed(
  { operation, signal }: S3Request,
  { body, status }: S3Response,
  { life, weather }: Way,
): { body?: S3Body } {
  if (!Buffer.isBuffer(body) || status >= 300) return {};
  const trouble =
    operation === 'GetObject'
      ? weather.strike('bodies', 0.1, ['answer breaks off', 'answer too short', 'answer too long'])
      : undefined;
  return { body: Readable.from(trickling(body, { trouble, signal, life }), { objectMode: false }) };
}

interface Trickle {
  readonly trouble: 'answer breaks off' | 'answer too short' | 'answer too long' | undefined;
  readonly signal: AbortSignal;
  readonly life: Life;
}

async function* trickling(body: Buffer, { trouble, signal, life }: Trickle): AsyncGenerator<Buffer> {
  if (body.length > 1) yield body.subarray(0, 1);
  const rest = await life.receive(body.subarray(body.length > 1 ? 1 : 0));
  signal.throwIfAborted();
  if (trouble === 'answer breaks off') throw new BackendUnavailable('broken', 'reset', true);
  if (trouble === 'answer too short') return;
  yield rest;
  if (trouble === 'answer too long') yield Buffer.from('!');
}
