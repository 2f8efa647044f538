import { keyInShadow, nameInShadow } from '../filters/key-prefixes.js';
import { assertKeyLength } from '../s3/address.js';
import { hasKeyLength, MAX_KEY_BYTES } from '../s3/keys.js';
import type { S3Request, S3Response } from '../s3/message.js';
import type { OperationName } from '../s3/operations.js';
import type { ShadowContext } from './context.js';
import type { CopyOutcome } from './copying/copy-outcome.js';
import { writesBoth } from './rungs.js';

/** Whether the shadow can have an object of this key. All others are the target's alone: there is no tombstone, intent or copy of them. */
export const isOfShadow = ({ settings }: Pick<ShadowContext, 'settings'>, key: string): boolean =>
  keyInShadow(settings, key) !== undefined;

/** What comes of bringing an object over that has no place on one of the sides; undefined where it can be tried. */
export function notToBeMoved(ctx: ShadowContext, key: string): CopyOutcome | undefined {
  if (!isOfShadow(ctx, key)) return { state: 'absent' };
  if (hasKeyLength(key)) return undefined;
  return { state: 'failed', reason: `its key in the target would be longer than ${MAX_KEY_BYTES} bytes` };
}

const MAKING_OBJECTS: ReadonlySet<OperationName> = new Set<OperationName>([
  'PutObject',
  'CopyObject',
  'CreateMultipartUpload',
  'CompleteMultipartUpload',
]);

/**
 * A request for a key that the shadow cannot have, on any rung.
 *
 * @throws S3Error KeyTooLongError with write-through, for an object that is to be in the shadow as well, where its key would be too long
 */
export async function askTargetAlone(ctx: ShadowContext, request: S3Request): Promise<S3Response> {
  if (writesBoth(ctx) && MAKING_OBJECTS.has(request.operation)) assertFitsShadow(ctx, request.key);
  return ctx.target(request);
}

function assertFitsShadow({ settings }: ShadowContext, key: string): void {
  const name = nameInShadow(settings, key) ?? '';
  const { prefix, targetPrefix } = settings;
  assertKeyLength(
    name,
    `Your key is too long for the shadow of this bucket, which is written as well: there it begins with ${JSON.stringify(prefix)} ` +
      `in place of ${JSON.stringify(targetPrefix)}.`,
  );
}
