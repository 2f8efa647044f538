import { z } from 'zod';
import { S3Error } from '../../s3/errors.js';
import { type CompletedPart, writeComplete } from '../../s3/xml/multipart.js';
import { asOf, type UploadPair } from '../../state/upload-ids.js';
import type { WriteIntent } from '../../state/write-intent.js';
import { ask } from '../ask.js';
import type { ShadowContext } from '../context.js';
import { TargetRefused } from '../copying/copy-outcome.js';
import { compositeETag } from '../copying/part-layout.js';
import { holdsReaders } from '../rungs.js';
import { holding, secure } from '../under-intent.js';
import { abortHalf, abortRequest } from './abort.js';
import { completeHalf } from './complete-half.js';
import { bareETag, listParts, storedETag } from './store-upload.js';

const completingSchema = z.object({
  /** The target's upload. */
  uploadId: z.string(),
  /** The shadow's, and how often both had changed places; absent of an intent of before that could be. */
  shadowId: z.string().optional(),
  swaps: z.number().default(0),
  /** First and last numbers of runs of parts. */
  runs: z.array(z.tuple([z.number(), z.number()])),
  /** Of the object that they make, without quotes. */
  etag: z.string(),
});

type Completing = z.infer<typeof completingSchema>;

/** What the intent of a Complete has to say for whoever must finish it: a few bytes, however many parts there are. */
export function writePurpose(
  ctx: Pick<ShadowContext, 'swaps'>,
  pair: UploadPair,
  { partNumbers, etag }: { readonly partNumbers: readonly number[]; readonly etag: string },
): string {
  const runs: [number, number][] = [];
  for (const number of partNumbers) {
    const run = runs.at(-1);
    if (run && run[1] === number - 1) run[1] = number;
    else runs.push([number, number]);
  }
  const { target: uploadId, shadow: shadowId } = pair;
  return JSON.stringify({ uploadId, shadowId, swaps: ctx.swaps, runs, etag } satisfies Completing);
}

/**
 * RECOVERY of a Complete of two uploads, under its intent: when the shadow has the object of its upload, clients may have seen it, so
 * the target's Complete is sent, again perhaps. No other write is ever sent twice; an upload can be used up only once.
 *
 * @returns whether both stores have the object now
 * @throws S3Error ServiceUnavailable when the target did not say what came of it; BackendUnavailable
 */
export async function finishUpload(ctx: ShadowContext, intent: WriteIntent): Promise<boolean> {
  if (intent.purpose === undefined) return false;
  const completing = asNow(ctx, completingSchema.parse(JSON.parse(intent.purpose)));
  const { key } = intent;
  const { signal } = ctx.background;
  if ((await storedETag(ctx, { side: 'shadow', key }, signal)) !== completing.etag) {
    if (holdsReaders(ctx)) await abortLateHalf(ctx, intent, completing);
    return false;
  }
  const isInTarget = async () => (await storedETag(ctx, { side: 'target', key }, signal)) === completing.etag;
  // Of an upload that it has completed, Ceph RGW 16 does not even say that it is gone.
  if (await isInTarget()) return true;
  await holding(ctx, intent, (held) => completeTarget(ctx, intent, { ...completing, signal: held }));
  return isInTarget();
}

/** The uploads as this gateway calls their stores. */
function asNow(ctx: ShadowContext, completing: Completing): Completing {
  const { uploadId: target, shadowId: shadow = '', swaps } = completing;
  const now = asOf(ctx.swaps - swaps, { target, shadow });
  return { ...completing, uploadId: now.target, shadowId: now.shadow };
}

/**
 * Begun by a gateway to which the target is the shadow, it can be complete here alone: the shadow's upload must not be completed later, over what comes then.
 */
async function abortLateHalf(
  ctx: ShadowContext,
  intent: WriteIntent,
  { uploadId, shadowId = '' }: Completing,
): Promise<void> {
  const { key } = intent;
  const { signal } = ctx.background;
  if (shadowId === '' || (await listParts(ctx, { side: 'target', key, uploadId }, signal))) return;
  await secure(ctx, intent);
  await abortHalf(ctx, 'shadow', abortRequest(ctx, key, shadowId));
}

type Finishing = Completing & { readonly signal: AbortSignal };

async function completeTarget(ctx: ShadowContext, intent: WriteIntent, finishing: Finishing): Promise<void> {
  const { key } = intent;
  const { uploadId, etag, signal } = finishing;
  const parts = await partsOf(ctx, key, finishing);
  if (!parts) return;
  const body = Buffer.from(writeComplete(parts));
  const headers = { 'content-type': 'application/xml', 'content-length': String(body.length) };
  const query = [['uploadId', uploadId]] as const;
  const request = ask('CompleteMultipartUpload', { method: 'POST', key, query, headers, body, signal });
  await secure(ctx, intent);
  const { answer, outcome } = await completeHalf(ctx, { side: 'target', request, etag });
  if (outcome !== 'unknown') return;
  const told = `The target answered ${answer.status} to a Complete.`;
  throw new S3Error('ServiceUnavailable', told, { cause: new TargetRefused(told, answer.status, '', '') });
}

/** Undefined when the upload is gone, or its parts are not those that were to be completed. */
async function partsOf(
  ctx: ShadowContext,
  key: string,
  { uploadId, runs, etag, signal }: Finishing,
): Promise<readonly CompletedPart[] | undefined> {
  const listed = await listParts(ctx, { side: 'target', key, uploadId }, signal);
  const isNamed = (number: number) => runs.some(([first, last]) => first <= number && number <= last);
  const parts = [...(listed?.values() ?? [])].filter(({ partNumber }) => isNamed(partNumber));
  return bareETag(compositeETag(parts.map((part) => part.etag))) === etag ? parts : undefined;
}
