import { discard } from '../../s3/body.js';
import { type CompletedPart, readCompleteResult, writeComplete } from '../../s3/xml/multipart.js';
import { ask } from '../ask.js';
import { Branch } from '../branch.js';
import type { ShadowContext } from '../context.js';
import { CopyFailed } from './copy-outcome.js';
import { abortUpload, type CopySink, expectSuccess, onlyIfAbsent, type SinkOptions } from './copy-sink.js';
import { type CopyUpload, sendSlices } from './copy-upload.js';
import type { Loss } from './loss.js';
import { openCopyUpload } from './open-upload.js';
import { lostChecksum, wholeChecksum } from './part-checksums.js';
import { PartHashes } from './part-hashes.js';
import { layoutOfCopy } from './part-layout.js';
import { proveETag } from './part-proof.js';
import { sendRanges } from './ranged-parts.js';
import { Slicer } from './slicer.js';
import type { SourceObject } from './source-object.js';
import type { UploadKeeper } from './upload-keeper.js';

interface SentUpload extends CopyUpload {
  readonly parts: readonly CompletedPart[];
  readonly losses: readonly Loss[];
}

/** A copy in parts, one after the other as the bytes come, or several at once in ranges; completing it is the end that is withheld. */
export function multipartSink(
  ctx: ShadowContext,
  object: SourceObject,
  { signal, keeper, belongings, keepsETag, ranges }: SinkOptions,
): CopySink {
  const { key } = object;
  const source = { shadow: ctx.shadow, layouts: ctx.learnt.layouts };
  const to = { ctx, object, signal };
  const branch = ranges ? undefined : new Branch();
  let begun: CopyUpload | undefined;

  const upload = async (): Promise<SentUpload> => {
    const layout = ranges ?? (await layoutOfCopy(ctx, object, signal));
    begun = await openCopyUpload(to, { given: await belongings('parts'), layout, keeper });
    const { digests, given } = begun;
    const others = branch && keepsETag && digests ? layout.others : [];
    const hashes = others.map((partSize) => new PartHashes(partSize));
    const parts = branch
      ? await sendSlices({ ...to, upload: begun }, hashing(branch, hashes), layout.partSizes)
      : await sendRanges({ ...to, upload: begun }, layout.partSizes);
    const sent = { layout, partETags: parts.map(({ etag }) => etag), digests, hashes };
    const etag = keepsETag ? await proveETag(source, object, { sent, signal }) : [];
    const kept = parts.every(({ checksums }) => checksums) ? begun.checksum : undefined;
    const checksum = lostChecksum(given.refusable, { kept, hasSourceParts: etag.length === 0 });
    return { ...begun, checksum: kept, parts, losses: [...given.losses, ...etag, ...checksum] };
  };

  const uploaded = upload();
  uploaded.catch((error: Error) => branch?.destroy(error));
  branch?.on('error', () => undefined);

  return {
    ...(branch && { branch }),
    overwrites: !ctx.conditionalWrites.complete,
    async ready() {
      await uploaded;
    },
    async release() {
      const { uploadId, parts, checksum, losses } = await uploaded;
      const body = Buffer.from(writeComplete(parts));
      const headers = {
        ...onlyIfAbsent(ctx.conditionalWrites.complete),
        ...wholeChecksum(checksum),
        'content-type': 'application/xml',
        'content-length': String(body.length),
      };
      const query = [['uploadId', uploadId]] as const;
      const answer = await ctx.target(
        ask('CompleteMultipartUpload', { method: 'POST', key, query, headers, body, signal }),
      );
      if (answer.status === 412) {
        discard(answer.body);
        await abortUpload(ctx, { key, uploadId }, signal);
        return { state: 'exists' };
      }
      const result = readCompleteResult(await expectSuccess(answer, 'target refused to complete the copy'));
      if ('error' in result)
        throw new CopyFailed(`target refused to complete the copy: ${result.error.code}`);
      return { state: 'done', losses };
    },
    async abort(reason) {
      branch?.destroy(reason);
      await uploaded.catch(() => undefined);
      if (keeper && (await keeper.leave(reason))) return false;
      const uploadId = begun?.uploadId ?? keeper?.left?.uploadId;
      if (uploadId !== undefined && (await isOurs(keeper)))
        await abortUpload(ctx, { key, uploadId }, ctx.background.signal);
      return true;
    },
  };
}

const isOurs = async (keeper: UploadKeeper | undefined): Promise<boolean> => !keeper || keeper.isOurs();

const hashing = (branch: Branch, hashes: readonly PartHashes[]): Slicer =>
  new Slicer(branch, (chunk) => {
    for (const each of hashes) each.update(chunk);
  });
