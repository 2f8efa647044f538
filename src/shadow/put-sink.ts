import { discard } from '../s3/body.js';
import type { S3Response } from '../s3/message.js';
import { ask, wasNeverSent } from './ask.js';
import { WithheldBranch } from './branch.js';
import type { ShadowContext } from './context.js';
import { CopyFailed } from './copy-outcome.js';
import { type CopySink, expectSuccess, onlyIfAbsent, type SinkOptions } from './copy-sink.js';
import { contentMd5, metadataHeaders, type SourceObject, taggingHeader } from './source-object.js';

/** A copy by one PUT whose last byte is withheld. */
export function putSink(ctx: ShadowContext, object: SourceObject, { signal }: SinkOptions): CopySink {
  const branch = new WithheldBranch();
  const tagging = taggingHeader(ctx, object, signal);
  const put = async (): Promise<S3Response> => {
    const headers = {
      ...metadataHeaders(object),
      ...(await tagging),
      ...contentMd5(object),
      ...onlyIfAbsent(ctx.conditionalWrites.put),
      'content-length': String(object.size),
    };
    const body = object.size === 0 ? Buffer.alloc(0) : branch;
    return ctx.target(ask('PutObject', { method: 'PUT', key: object.key, headers, body, signal }));
  };
  // An empty body has no end to withhold, so its request waits for the release.
  let answer = object.size === 0 ? undefined : put();
  let released = false;
  const end = (error?: Error) => branch.destroy(error);
  (answer ?? tagging).then(() => answer && end(), end);
  branch.on('error', () => undefined);

  return {
    branch,
    overwrites: !ctx.conditionalWrites.put,
    async ready() {
      await tagging;
      if (!branch.destroyed || answer === undefined) return;
      const early = await answer;
      if (early.status === 412) return;
      await expectSuccess(early, 'target refused the copy');
      throw new CopyFailed('target answered before it had the whole copy');
    },
    async release() {
      released = true;
      branch.release();
      answer ??= put();
      const final = await answer;
      if (final.status === 412) {
        discard(final.body);
        return 'exists';
      }
      await expectSuccess(final, 'target refused the copy');
      return 'done';
    },
    async abort(reason) {
      branch.destroy(reason);
      const settled = answer?.then(wasAnswered, wasNeverSent) ?? true;
      return (await settled) || !released;
    },
  };
}

function wasAnswered({ body }: S3Response): boolean {
  discard(body);
  return true;
}
