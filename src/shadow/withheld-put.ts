import { discard, toReadable } from '../s3/body.js';
import { S3Error } from '../s3/errors.js';
import type { S3Request, S3Response } from '../s3/message.js';
import type { WriteIntent } from '../state/ledger.js';
import { isSuccess } from './ask.js';
import { reachShadow, shadowFailed } from './ask-shadow.js';
import { pump, ReadersLeft, WithheldBranch } from './branch.js';
import type { ShadowContext } from './context.js';
import { settle } from './recovery.js';
import { judged, judgeUnder, unattended } from './under-intent.js';

type Side = 'target' | 'shadow';

/**
 * PUT under the exclusive intent: the body streams to all `sides` at once, without its end. Then, for the milliseconds that follow,
 * the intent is held, and the ends are released in the order of `sides`, each once the one before has answered. A failure
 * before the first release leaves nothing anywhere; a later one leaves the intent to recovery.
 */
export async function withheldPut(
  ctx: ShadowContext,
  request: S3Request,
  sides: readonly Side[],
): Promise<S3Response> {
  const uploads = sides.map((side) => new Upload(ctx, request, side));
  try {
    const refusal = await fillAll(uploads, request);
    if (refusal) return refusal;
    const intent = await ctx.ledger.openIntent(request.key, 'exclusive');
    await judgeUnder(ctx, request, intent);
    return await releaseInOrder(ctx, uploads, intent);
  } catch (error) {
    for (const upload of uploads) upload.abort(error);
    throw error;
  }
}

/** One store's half of the write. */
class Upload {
  readonly branch = new WithheldBranch();
  readonly #send: () => Promise<S3Response>;
  #answer: Promise<S3Response> | undefined;
  #answered = false;

  constructor(
    ctx: ShadowContext,
    request: S3Request,
    readonly side: Side,
  ) {
    const empty = lengthOf(request) === 0;
    const body = empty ? Buffer.alloc(0) : this.branch;
    const sent = { ...unattended(ctx, judged(request)), body };
    this.#send = () => (side === 'shadow' ? reachShadow(ctx, sent) : ctx.target(sent));
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

  abort(error: unknown): void {
    if (this.#answered) return;
    this.branch.destroy(error instanceof Error ? error : new Error(String(error)));
    this.#answer?.then(
      ({ body }) => discard(body),
      () => undefined,
    );
  }

  #start(): Promise<S3Response> {
    this.#answer = this.#send();
    this.#answer.then(
      () => {
        this.#answered = true;
        this.branch.destroy();
      },
      (error: Error) => this.branch.destroy(error),
    );
    return this.#answer;
  }
}

/** Sends all but the ends. Returns the answer of a store that refused before it had the whole body. */
async function fillAll(uploads: readonly Upload[], request: S3Request): Promise<S3Response | undefined> {
  const branches = uploads.map((upload) => upload.branch);
  const source = toReadable(request.body).on('error', () => undefined);
  // A store that refuses is heard although the client owes the next byte, and a client that leaves although a store is slow to read.
  for (const branch of branches) branch.once('close', () => source.destroy(new ReadersLeft()));
  const leave = () => {
    for (const upload of uploads) upload.abort(request.signal.reason);
  };
  request.signal.addEventListener('abort', leave);
  if (request.signal.aborted) leave();
  try {
    await pump(source, branches, { announced: lengthOf(request), need: 'all' });
    return undefined;
  } catch (error) {
    const refused = uploads.find((upload) => upload.hasGivenUp);
    if (!(error instanceof ReadersLeft) || !refused) throw error;
    for (const upload of uploads) upload.abort(error);
    return refusal(refused.side, await refused.answer());
  } finally {
    request.signal.removeEventListener('abort', leave);
  }
}

async function releaseInOrder(
  ctx: ShadowContext,
  uploads: readonly Upload[],
  intent: WriteIntent,
): Promise<S3Response> {
  for (const [index, upload] of uploads.entries()) {
    upload.branch.release();
    const answer = await upload.answer();
    if (!isSuccess(answer)) {
      for (const later of uploads.slice(index + 1))
        later.abort(new Error(`${upload.side} refused the write`));
      await leaveToRecovery(ctx, intent, index === 0 && answer.status < 500);
      return refusal(upload.side, answer);
    }
    if (index < uploads.length - 1) continue;
    await ctx.ledger.closeIntent(intent);
    return answer;
  }
  throw new RangeError('a write needs a side');
}

/** A refusal by the first store says that nothing was written anywhere; all else may have left the stores apart. */
async function leaveToRecovery(
  ctx: ShadowContext,
  intent: WriteIntent,
  nothingWritten: boolean,
): Promise<void> {
  if (nothingWritten) await ctx.ledger.closeIntent(intent);
  else ctx.background.start('settle a failed write', () => settle(ctx, intent));
}

/** The shadow's credentials and its health are not the client's affair; what it says of the object is. */
function refusal(side: Side, answer: S3Response): S3Response {
  if (isSuccess(answer))
    throw new S3Error('InternalError', `The ${side} answered before it had the whole object.`);
  if (side === 'target' || answer.status === 400) return answer;
  discard(answer.body);
  throw shadowFailed(`it answered ${answer.status} to a write`);
}

const lengthOf = (request: S3Request): number => Number(request.headers['content-length'] ?? 0);
