import { discard } from '../s3/body.js';
import { readCompleteResult, readInitiateResult, writeComplete } from '../s3/xml/multipart.js';
import { ask } from './ask.js';
import { Branch } from './branch.js';
import type { ShadowContext } from './context.js';
import { CopyFailed } from './copy-outcome.js';
import { abortUpload, type CopySink, expectSuccess, onlyIfAbsent, type SinkOptions } from './copy-sink.js';
import { compositeETag, findLayout } from './part-layout.js';
import { Slicer } from './slicer.js';
import { metadataHeaders, type SourceObject, taggingHeader } from './source-object.js';

interface Upload {
  readonly uploadId: string;
  readonly partETags: readonly string[];
}

/** A copy in parts, sent one after the other as the bytes come; completing it is the end that is withheld. */
export function multipartSink(
  ctx: ShadowContext,
  object: SourceObject,
  { signal, noteUpload }: SinkOptions,
): CopySink {
  const { key } = object;
  const branch = new Branch();
  let uploadId: string | undefined;

  const upload = async (): Promise<Upload> => {
    const layout = await findLayout(ctx, object, signal);
    uploadId = await initiate();
    await noteUpload?.(uploadId);
    const partETags = await sendParts(uploadId, layout.partSize);
    if (layout.reported && compositeETag(partETags) !== object.etag) {
      throw new CopyFailed(`parts make ${compositeETag(partETags)}, the source is ${object.etag}`);
    }
    return { uploadId, partETags };
  };

  const initiate = async (): Promise<string> => {
    const headers = { ...metadataHeaders(object), ...(await taggingHeader(ctx, object, signal)) };
    const query = [['uploads', '']] as const;
    const answer = await ctx.target(
      ask('CreateMultipartUpload', { method: 'POST', key, query, headers, signal }),
    );
    return readInitiateResult(await expectSuccess(answer, 'target refused an upload in parts')).uploadId;
  };

  const sendParts = async (id: string, partSize: number): Promise<string[]> => {
    const slicer = new Slicer(branch);
    const partETags: string[] = [];
    for (let sent = 0; sent < object.size || sent === 0; sent += partSize) {
      const length = Math.min(partSize, object.size - sent);
      const answer = await ctx.target(
        ask('UploadPart', {
          method: 'PUT',
          key,
          query: [
            ['partNumber', String(partETags.length + 1)],
            ['uploadId', id],
          ],
          headers: { 'content-length': String(length) },
          body: length === 0 ? Buffer.alloc(0) : slicer.next(length),
          signal,
        }),
      );
      await expectSuccess(answer, 'target refused a part');
      partETags.push(answer.headers.etag ?? '');
    }
    return partETags;
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
      const { uploadId: id, partETags } = await uploaded;
      const body = Buffer.from(
        writeComplete(partETags.map((etag, index) => ({ partNumber: index + 1, etag }))),
      );
      const headers = {
        ...onlyIfAbsent(ctx.conditionalWrites.complete),
        'content-type': 'application/xml',
        'content-length': String(body.length),
      };
      const query = [['uploadId', id]] as const;
      const answer = await ctx.target(
        ask('CompleteMultipartUpload', { method: 'POST', key, query, headers, body, signal }),
      );
      if (answer.status === 412) {
        discard(answer.body);
        await abortUpload(ctx, { key, uploadId: id }, signal);
        return 'exists';
      }
      const result = readCompleteResult(await expectSuccess(answer, 'target refused to complete the copy'));
      if ('error' in result)
        throw new CopyFailed(`target refused to complete the copy: ${result.error.code}`);
      return 'done';
    },
    async abort(reason) {
      branch.destroy(reason);
      await uploaded.catch(() => undefined);
      if (uploadId !== undefined) await abortUpload(ctx, { key, uploadId }, ctx.background.signal);
      return true;
    },
  };
}
