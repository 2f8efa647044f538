import { Readable } from 'node:stream';
import { BackendUnavailable } from '../../src/backends/backend.js';
import type { S3Body, S3Request, S3Response, S3Service } from '../../src/s3/message.js';
import type { Kv } from '../../src/state/kv.js';
import type { Random } from './random.js';
import type { Scheduler } from './scheduler.js';

/** A process that may end at any instant: from then on nothing that it waits for comes back to it. */
export class Life {
  readonly ended: Promise<void>;
  #end: () => void = () => undefined;
  alive = true;

  constructor() {
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  end(): void {
    this.alive = false;
    this.#end();
  }
}

export interface Weather {
  readonly scheduler: Scheduler;
  readonly random: Random;
  /** How many faults may still happen in this run. */
  faults: number;
  readonly counts: Record<string, number>;
}

type Fault = 'none' | 'refused' | 'lost request' | 'lost answer';

const forever = <T>(): Promise<T> => new Promise<T>(() => undefined);

/** A store as one gateway reaches it: requests and answers take their time, get lost, and die with the gateway. */
export function reached(store: S3Service, life: Life, weather: Weather): S3Service {
  return async (request) => {
    const { scheduler, random } = weather;
    if (!life.alive) return forever();
    const fault = drawFault(weather);
    await scheduler.pause();
    if (!life.alive && random.chance(0.5)) return forever();
    if (fault === 'refused') return later({ status: 503, headers: {} }, life, scheduler);
    if (fault === 'lost request') throw await later(lost(request), life, scheduler);
    const answer = await store(delayed(request, scheduler));
    if (fault === 'lost answer') {
      throw await later(lost(request), life, scheduler);
    }
    return later({ ...answer, ...streamed(answer, scheduler) }, life, scheduler);
  };
}

/** The state as one gateway reaches it. */
export function reachedState(kv: Kv, life: Life, { scheduler, random }: Weather): Kv {
  const call = async <T>(work: () => Promise<T>): Promise<T> => {
    if (!life.alive) return forever();
    await scheduler.pause();
    if (!life.alive && random.chance(0.5)) return forever();
    return later(await work(), life, scheduler);
  };
  return {
    get: (key) => call(() => kv.get(key)),
    getMany: (keys) => call(() => kv.getMany(keys)),
    list: (range) => call(() => kv.list(range)),
    commit: (commit) => call(() => kv.commit(commit)),
    watch: () => () => undefined,
    close: () => Promise.resolve(),
  };
}

async function later<T>(answer: T, life: Life, scheduler: Scheduler): Promise<T> {
  await scheduler.pause();
  return life.alive ? answer : forever();
}

const lost = (request: S3Request) => new BackendUnavailable(request.bucket, 'reset', true);

function drawFault(weather: Weather): Fault {
  if (weather.faults === 0 || !weather.random.chance(0.08)) return 'none';
  weather.faults -= 1;
  const fault = weather.random.pick<Fault>(['refused', 'lost request', 'lost answer']);
  weather.counts[fault] = (weather.counts[fault] ?? 0) + 1;
  return fault;
}

/** The last bytes of a body take their time to arrive, and with them the write takes effect. */
function delayed(request: S3Request, scheduler: Scheduler): S3Request {
  const { body } = request;
  if (body === undefined || Buffer.isBuffer(body)) return request;
  return { ...request, body: Readable.from(arriving(body, scheduler), { objectMode: false }) };
}

async function* arriving(body: Readable, scheduler: Scheduler): AsyncGenerator<Buffer> {
  for await (const chunk of body as AsyncIterable<Buffer>) yield chunk;
  await scheduler.pause();
}

function streamed({ body, status }: S3Response, scheduler: Scheduler): { body?: S3Body } {
  if (body === undefined || !Buffer.isBuffer(body) || status >= 300) return {};
  return { body: Readable.from(trickling(body, scheduler), { objectMode: false }) };
}

async function* trickling(body: Buffer, scheduler: Scheduler): AsyncGenerator<Buffer> {
  if (body.length > 1) yield body.subarray(0, 1);
  await scheduler.pause();
  yield body.subarray(body.length > 1 ? 1 : 0);
}
