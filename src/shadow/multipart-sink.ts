import type { Readable } from 'node:stream';
import { discard } from '../s3/body.js';
import {
  type CompletedPart,
  readCompleteResult,
  readInitiateResult,
  writeComplete,
} from '../s3/xml/multipart.js';
import { ask } from './ask.js';
import type { Belongings } from './belongings.js';
import { Branch } from './branch.js';
import { checksummed } from './checksummed.js';
import type { ShadowContext } from './context.js';
import { CopyFailed } from './copy-outcome.js';
import { abortUpload, type CopySink, expectSuccess, onlyIfAbsent, type SinkOptions } from './copy-sink.js';
import type { Loss } from './loss.js';
import { announcedChecksum, keptChecksum, lostChecksum, wholeChecksum } from './part-checksums.js';
import { PartHashes } from './part-hashes.js';
import { findLayout } from './part-layout.js';
import { proveETag } from './part-proof.js';
import { expectTaken } from './refusals.js';
import { Slicer } from './slicer.js';
import type { SourceChecksum } from './source-checksum.js';
import { hasDigests, type SourceObject } from './source-object.js';

interface Upload {
  readonly uploadId: string;
  /** Whether the ETags of its parts are MD5s. */
  readonly digests: boolean;
  /** What the target said that it will keep. */
  readonly checksum: SourceChecksum | undefined;
  readonly given: Belongings;
}

interface SentUpload extends Upload {
  readonly parts: readonly CompletedPart[];
  readonly losses: readonly Loss[];
}

interface Part {
  readonly partNumber: number;
  /** Bytes. */
  readonly length: number;
  readonly bytes: Readable;
}

/** A copy in parts, sent one after the other as the bytes come; completing it is the end that is withheld. */
export function multipartSink(
  ctx: ShadowContext,
  object: SourceObject,
  { signal, noteUpload, belongings, keepsETag }: SinkOptions,
): CopySink {
  const { key } = object;
  const { layouts, refusals } = ctx.learnt;
  const source = { shadow: ctx.shadow, layouts };
  const branch = new Branch();
  let begun: Upload | undefined;

  const upload = async (): Promise<SentUpload> => {
    const layout = await findLayout(source, object, signal);
    begun = await initiate(await belongings('parts'));
    await noteUpload?.(begun.uploadId);
    const { digests, given } = begun;
    const hashes = keepsETag && digests ? layout.others.map((partSize) => new PartHashes(partSize)) : [];
    const parts = await sendParts(begun, layout.partSizes, hashes);
    const sent = { layout, partETags: parts.map(({ etag }) => etag), digests, hashes };
    const etag = keepsETag ? await proveETag(source, object, { sent, signal }) : [];
    const kept = parts.every(({ checksums }) => checksums) ? begun.checksum : undefined;
    const checksum = lostChecksum(given.refusable, { kept, hasSourceParts: etag.length === 0 });
    return { ...begun, checksum: kept, parts, losses: [...given.losses, ...etag, ...checksum] };
  };

  const initiate = async (given: Belongings): Promise<Upload> => {
    const { headers, refusable } = given;
    const query = [['uploads', '']] as const;
    const answer = await ctx.target(
      ask('CreateMultipartUpload', { method: 'POST', key, query, headers, signal }),
    );
    const what = 'target refused an upload in parts';
    const { uploadId } = readInitiateResult(await expectTaken(answer, what, { given: refusable, refusals }));
    const checksum = announcedChecksum(object, headers, answer.headers);
    return { uploadId, digests: hasDigests(answer.headers), checksum, given };
  };

  const sendParts = async (
    to: Upload,
    partSizes: readonly number[],
    hashes: readonly PartHashes[],
  ): Promise<CompletedPart[]> => {
    const slicer = new Slicer(branch, (chunk) => {
      for (const each of hashes) each.update(chunk);
    });
    const parts: CompletedPart[] = [];
    for (const [index, length] of partSizes.entries())
      parts.push(await sendPart(to, { partNumber: index + 1, length, bytes: slicer.next(length) }));
    return parts;
  };

  const sendPart = async (
    { uploadId, checksum, given }: Upload,
    { partNumber, length, bytes }: Part,
  ): Promise<CompletedPart> => {
    const query = [
      ['partNumber', String(partNumber)],
      ['uploadId', uploadId],
    ] as const;
    const headers = { 'content-length': String(length) };
    const body = length === 0 ? Buffer.alloc(0) : bytes;
    const request = ask('UploadPart', { method: 'PUT', key, query, headers, body, signal });
    const trailed = checksum && length > 0 ? checksummed(bytes, checksum.algorithm) : {};
    const answer = await ctx.target({ ...request, ...trailed });
    const inDoubt = given.refusable.filter(({ what }) => what === 'checksum');
    await expectTaken(answer, 'target refused a part', { given: inDoubt, refusals });
    return { partNumber, etag: answer.headers.etag ?? '', ...keptChecksum(answer.headers, checksum) };
  };

  const uploaded = upload();
  uploaded.catch((error: Error) => branch.destroy(error));
  branch.on('error', () => undefined);

  return {
    branch,
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
      branch.destroy(reason);
      await uploaded.catch(() => undefined);
      if (begun !== undefined)
        await abortUpload(ctx, { key, uploadId: begun.uploadId }, ctx.background.signal);
      return true;
    },
  };
}
