import { discard, toReadable } from '../s3/body.js';
import { S3Error } from '../s3/errors.js';
import type { S3Request, S3Response } from '../s3/message.js';
import { readError } from '../s3/xml/error.js';
import { errorOf } from '../system/thrown.js';
import { isSuccess, readBody } from './ask.js';
import { forShadow, reachShadow, shadowFailed } from './ask-shadow.js';
import { pump, ReadersLeft, WithheldBranch } from './branch.js';
import type { ShadowContext } from './context.js';

export type Side = 'target' | 'shadow';

/** The order in which a write is released: what is in the target counts. */
export const SHADOW_FIRST: readonly Side[] = ['shadow', 'target'];

/** The side's answer, whatever it is. @throws S3Error ServiceUnavailable when the shadow gives none; BackendUnavailable */
export const sendTo = (ctx: ShadowContext, side: Side, request: S3Request): Promise<S3Response> =>
  side === 'shadow' ? reachShadow(ctx, forShadow(request)) : ctx.target(request);

/** One store's half of a write, sent at once but for its last byte, which goes when `branch` is released. */
export class HalfWrite {
  readonly branch = new WithheldBranch();
  readonly #send: () => Promise<S3Response>;
  #answer: Promise<S3Response> | undefined;

  constructor(
    ctx: ShadowContext,
    request: S3Request,
    readonly side: Side,
  ) {
    const empty = lengthOf(request) === 0;
    const body = empty ? Buffer.alloc(0) : this.branch;
    this.#send = () => sendTo(ctx, side, { ...request, body });
    this.branch.on('error', () => undefined);
    // An empty body has no end to withhold: its request is sent when its turn comes.
    if (!empty) this.#start();
  }

  /** The store has answered, or failed, before it had the whole body. */
  get hasGivenUp(): boolean {
    return this.branch.destroyed;
  }

  /** The store's answer; sends the request first where that had to wait. */
  answer(): Promise<S3Response> {
    return this.#answer ?? this.#start();
  }

  /** Its answer, if there is one, is wanted by nobody any more. */
  abort(error: unknown): void {
    this.branch.destroy(errorOf(error));
    this.#answer?.then(
      ({ body }) => discard(body),
      () => undefined,
    );
  }

  #start(): Promise<S3Response> {
    this.#answer = this.#send();
    this.#answer.then(
      () => this.branch.destroy(),
      (error: Error) => this.branch.destroy(error),
    );
    return this.#answer;
  }
}

/** Sends all but the ends. Returns the answer of a store that refused before it had the whole body. */
export async function fillAll(
  halves: readonly HalfWrite[],
  request: S3Request,
): Promise<S3Response | undefined> {
  const branches = halves.map((half) => half.branch);
  const source = toReadable(request.body).on('error', () => undefined);
  // A store that refuses is heard although the client owes the next byte, and a client that leaves although a store is slow to read.
  for (const branch of branches) branch.once('close', () => source.destroy(new ReadersLeft()));
  const leave = () => {
    for (const half of halves) half.abort(request.signal.reason);
  };
  request.signal.addEventListener('abort', leave);
  if (request.signal.aborted) leave();
  try {
    await pump(source, branches, { announced: lengthOf(request), need: 'all' });
    return undefined;
  } catch (error) {
    const refused = error instanceof ReadersLeft ? await earlyRefusal(halves) : undefined;
    if (!refused) throw error;
    return refused;
  } finally {
    request.signal.removeEventListener('abort', leave);
  }
}

/** The answer of a store that did not wait for the end of the body, if there is one; the other is sent no more then. */
export async function earlyRefusal(halves: readonly HalfWrite[]): Promise<S3Response | undefined> {
  const refused = halves.find((half) => half.hasGivenUp);
  if (!refused) return undefined;
  for (const half of halves) if (half !== refused) half.abort(new ReadersLeft());
  return refusal(refused.side, await refused.answer());
}

/** The shadow's credentials and its health are not the client's affair; what it says of the object, or of an upload, is. */
export async function refusal(side: Side, answer: S3Response): Promise<S3Response> {
  if (isSuccess(answer))
    throw new S3Error('InternalError', `The ${side} answered before it had the whole object.`);
  if (side === 'target' || answer.status === 400) return answer;
  const body = await readBody(answer);
  if (readError(body)?.code === 'NoSuchUpload') return { ...answer, body };
  throw shadowFailed(`it answered ${answer.status} to a write`);
}

/**
 * What a client is told when the second store did not take what the first has already: clients may see the write, so that it was not refused for sure (the protocol:
 * an error of the second release is a 5xx).
 */
export async function unsettled(side: Side, answer: S3Response): Promise<S3Response> {
  if (answer.status >= 500) return answer;
  const code = readError(await readBody(answer))?.code ?? '';
  const what = `The ${side} refused a write that the other store has: ${answer.status} ${code}`.trimEnd();
  throw new S3Error('ServiceUnavailable', `${what}. It may take effect.`, {
    headers: { 'retry-after': '1' },
  });
}

const lengthOf = (request: S3Request): number => Number(request.headers['content-length'] ?? 0);
