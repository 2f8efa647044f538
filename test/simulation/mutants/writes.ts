import { Readable } from 'node:stream';
import { BackendUnavailable } from '../../../src/backends/backend.js';
import { collect } from '../../../src/s3/body.js';
import type { S3Request, S3Response, S3Service } from '../../../src/s3/message.js';
import { createShadowed } from '../../../src/shadow/shadowed.js';
import { etagOf } from '../history.js';
import { REAL_RULES, type Rules } from '../rules.js';
import { CALM } from '../scenario.js';
import { aroundService, CROWD, isRead, type Mutants, withStores } from './mutant.js';

const again =
  (store: S3Service): S3Service =>
  async (request) => {
    try {
      return await store(request);
    } catch (error) {
      const canRepeat = request.body === undefined || Buffer.isBuffer(request.body);
      if (!(error instanceof BackendUnavailable) || isRead(request) || !canRepeat) throw error;
      return store(request);
    }
  };

/** A write whose answer was lost is sent once more. */
const REPEATS_WRITES = withStores(({ target, shadow }) => ({ target: again(target), shadow: again(shadow) }));

/** The conditions of a PUT are the target's affair. */
const ASKS_TARGET_ALONE = aroundService(
  ({ target }, { service }) =>
    (request) =>
      request.operation === 'PutObject' && request.headers['if-none-match'] !== undefined
        ? target(request)
        : service(request),
);

const answerTo = (body: Buffer): S3Response => ({ status: 200, headers: { etag: etagOf(body.toString()) } });

/** The shadow's half of a PUT is held back until the target has answered. */
const TARGET_FIRST: Rules = {
  ...REAL_RULES,
  shadowed: (options) => {
    const held = new Map<string, S3Request[]>();
    return createShadowed({
      ...options,
      shadow: async (request) => {
        if (request.operation !== 'PutObject') return options.shadow(request);
        const body = await collect(request.body, 1_000);
        held.set(request.key, [...(held.get(request.key) ?? []), { ...request, body }]);
        return answerTo(body);
      },
      target: async (request) => {
        const answer = await options.target(request);
        const [first, ...others] = held.get(request.key) ?? [];
        if (request.operation === 'PutObject' && first) {
          held.set(request.key, others);
          await options.shadow(first);
        }
        return answer;
      },
    });
  },
};

/** What the shadow says to a write is of no interest. */
const IGNORES_SHADOW = withStores(({ shadow }) => ({
  shadow: async (request) => {
    if (request.operation !== 'PutObject') return shadow(request);
    const body = await collect(request.body, 1_000);
    const answer = await shadow({ ...request, body }).catch(() => answerTo(body));
    return answer.status < 300 ? answer : answerTo(body);
  },
}));

/** The shadow's object is as long as the shadow said, whatever it sent. */
const PADS = withStores(({ shadow }) => ({
  shadow: async (request) => {
    const answer = await shadow(request);
    if (request.operation !== 'GetObject' || !(answer.body instanceof Readable)) return answer;
    const { etag: _, ...headers } = answer.headers;
    const length = Number(headers['content-length']);
    return { ...answer, headers, body: Readable.from(padded(answer.body, length), { objectMode: false }) };
  },
}));

async function* padded(body: Readable, length: number): AsyncGenerator<Buffer> {
  let left = length;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    yield chunk.subarray(0, left);
    left -= Math.min(left, chunk.length);
  }
  if (left > 0) yield Buffer.alloc(left);
}

export const WRITES: Mutants = {
  'repeats a write whose answer was lost': { rules: REPEATS_WRITES },
  'judges a conditional write by the target alone': {
    rules: ASKS_TARGET_ALONE,
    where: { rung: 'read-through' },
  },
  'releases the target before the shadow': {
    rules: TARGET_FIRST,
    where: { ...CROWD, rung: 'write-through' },
  },
  'answers a write although the shadow failed': { rules: IGNORES_SHADOW, where: { rung: 'write-through' } },
  'makes up for what is missing of a body': {
    rules: PADS,
    where: { ...CROWD, deeds: ['get', 'sweep', 'delete'], troubles: { ...CALM, bodies: 3 } },
  },
};
