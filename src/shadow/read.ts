import { discard } from '../s3/body.js';
import type { S3Request, S3Response } from '../s3/message.js';
import { hasQuery } from '../s3/params.js';
import type { CopyToken } from '../state/ledger.js';
import { askShadow, opening, overridden } from './ask-shadow.js';
import type { ShadowContext } from './context.js';
import { copyForClient, returnToken } from './copying/copy.js';
import { type CopyOutcome, failedCopy } from './copying/copy-outcome.js';
import type { Flight } from './copying/flights.js';
import { migrate, untilMade } from './copying/migrate.js';
import { withSourceTime } from './copying/provenance.js';
import { ASKING_FOR_CHECKSUMS, withoutChecksums } from './copying/source-checksum.js';
import { namesVersion, readTarget, withoutVersion } from './read-target.js';
import { excludesWriters, holdsReaders, seesShadow } from './rungs.js';
import { withinGrace } from './shadow-look.js';
import { from } from './source.js';

/** How long a read waits for a copy that another read began, ms, before it reads the shadow itself. */
const JOIN_MS = 10_000;

/**
 * READ, the rules of a GET or HEAD of one object: T; on a miss D, then S, whose bytes go to the client and, in the same
 * pass, to T.
 */
export async function read(ctx: ShadowContext, request: S3Request): Promise<S3Response> {
  const first = await readTarget(ctx, request);
  if (first.answer) return first.answer;
  if (ctx.rung === 'opening') throw opening();
  if (!seesShadow(ctx)) return first.miss;
  if (holdsReaders(ctx) || !copiesWhileReading(request)) return readUncopied(ctx, request, first.miss);
  const flight = ctx.flights.current(request.key);
  if (flight) return joinFlight(ctx, request, flight);
  if (ctx.background.isFull) return readUncopied(ctx, request, first.miss);
  return readAndCopy(ctx, request, ctx.flights.begin(request.key), first.miss);
}

/** A part, a version or an object under the client's own key cannot be copied in the pass that reads it. */
function copiesWhileReading(request: S3Request): boolean {
  return (
    request.operation === 'GetObject' &&
    request.headers.range === undefined &&
    request.headers['x-amz-server-side-encryption-customer-key'] === undefined &&
    !hasQuery(request, 'partNumber') &&
    !namesVersion(request)
  );
}

async function joinFlight(ctx: ShadowContext, request: S3Request, flight: Flight): Promise<S3Response> {
  const joined = new AbortController();
  const tooLong = ctx.clock.sleep(JOIN_MS, AbortSignal.any([request.signal, joined.signal]));
  await Promise.race([flight.landed, tooLong]).finally(() => joined.abort());
  const { answer, miss } = await readTarget(ctx, request);
  return answer ?? readUncopied(ctx, request, miss);
}

/**
 * HEAD, or a range: from S as it is; a GET's whole object follows in the background, once. Not that of a version, which a target that counts versions
 * would have by another name then.
 */
async function readUncopied(ctx: ShadowContext, request: S3Request, miss: S3Response): Promise<S3Response> {
  if (await ctx.ledger.isDeleted(request.key)) return again(ctx, request);
  const { answer, newer } = await readShadow(ctx, request);
  if (newer) return newer;
  if (!answer) return miss;
  const copies = request.operation === 'GetObject' && !namesVersion(request) && !holdsReaders(ctx);
  if (copies && !ctx.background.isFull) ctx.background.start('copy', () => migrate(ctx, request.key));
  return ofShadow(answer, request);
}

async function readAndCopy(
  ctx: ShadowContext,
  request: S3Request,
  flight: Flight,
  miss: S3Response,
): Promise<S3Response> {
  let outcome: CopyOutcome | Promise<CopyOutcome> = {
    state: 'failed',
    reason: 'the read ended before the copy began',
  };
  try {
    const view = await ctx.ledger.openCopy(request.key);
    if (view.deleted) {
      outcome = { state: 'deleted' };
      return await again(ctx, request);
    }
    const begun = await readWithToken(ctx, request, view.token);
    outcome = begun.outcome;
    return begun.answer ?? miss;
  } catch (error) {
    outcome = failedCopy(error);
    throw error;
  } finally {
    const landing = outcome;
    ctx.background.start('copy', async () => flight.land(await untilMade(ctx, request.key, landing)));
  }
}

interface BegunRead {
  readonly answer?: S3Response;
  readonly outcome: CopyOutcome | Promise<CopyOutcome>;
}

async function readWithToken(
  ctx: ShadowContext,
  request: S3Request,
  token: CopyToken | undefined,
): Promise<BegunRead> {
  let held = token;
  try {
    // The copy outlives the client, so the source is read under the copy's signal.
    const signal = token ? ctx.background.signal : request.signal;
    const headers = token ? { ...request.headers, ...ASKING_FOR_CHECKSUMS } : request.headers;
    const { answer, newer } = await readShadow(ctx, { ...request, headers, signal });
    if (newer) return { answer: newer, outcome: outcomeOf(newer) };
    if (!answer) return { outcome: { state: 'absent' } };
    if (!token || !isWhole(answer)) {
      return { answer: ofShadow(answer, request), outcome: { state: 'superseded' } };
    }
    held = undefined;
    const { client, outcome } = copyForClient(ctx, { key: request.key, token, source: answer });
    return { answer: ofShadow({ ...answer, body: client }, request), outcome };
  } finally {
    if (held) await returnToken(ctx, held);
  }
}

/** What those learn who wait for the copy that is not made: an error of the target does not say that it has the object. */
function outcomeOf({ status }: S3Response): CopyOutcome {
  if (status === 404) return { state: 'deleted' };
  return status < 400 ? { state: 'present' } : { state: 'failed', reason: `the target answered ${status}` };
}

/** What a copy can be made of: not a 304, nor bytes of which nobody can tell whether they are all. */
const isWhole = ({ status, headers }: S3Response): boolean =>
  status === 200 && headers['content-length'] !== undefined;

interface ShadowRead {
  /** S's answer, unless it has no such object. */
  readonly answer?: S3Response | undefined;
  /** What came in between, in place of it. */
  readonly newer?: S3Response | undefined;
}

/** READ steps 5 and 6. */
async function readShadow(ctx: ShadowContext, request: S3Request): Promise<ShadowRead> {
  let answer: S3Response | undefined;
  const look = async () => {
    answer = await askShadow(ctx, withoutVersion(request));
    return answer && (await recheck(ctx, request));
  };
  try {
    const newer = await withinGrace(ctx, look);
    if (!newer) return { answer };
    discard(answer?.body);
    return { newer };
  } catch (error) {
    discard(answer?.body);
    throw error;
  }
}

/** READ step 6, where writers exclude each other: once S has begun to answer, T and then D are looked at again before a byte goes out. */
async function recheck(ctx: ShadowContext, request: S3Request): Promise<S3Response | undefined> {
  if (!excludesWriters(ctx)) return undefined;
  const { answer } = await readTarget(ctx, request);
  return answer ?? ((await ctx.ledger.isDeleted(request.key)) ? again(ctx, request) : undefined);
}

/** READ step 3: the key is deleted, unless someone wrote it since. */
async function again(ctx: ShadowContext, request: S3Request): Promise<S3Response> {
  const { answer, miss } = await readTarget(ctx, request);
  return answer ?? miss;
}

/** The shadow's answer as the client asked for it. */
function ofShadow(answer: S3Response, request: S3Request): S3Response {
  const isAsked = request.headers['x-amz-checksum-mode'] !== undefined;
  const headers = isAsked ? answer.headers : withoutChecksums(answer.headers);
  return from('shadow', overridden(withSourceTime({ ...answer, headers }), request));
}
