import type { S3Filter, S3Request, S3Response, S3Service } from '../../s3/message.js';
import { queryValue } from '../../s3/params.js';
import { type TokenChanges, withTokens } from '../../s3/xml/listing-text.js';
import type { PageEnd, PageTokens } from '../../state/page-tokens.js';
import { isSuccess, readBody } from '../ask.js';
import { withParameter } from '../uploads/pair.js';
import { answerListing, openToken, withoutHoles } from './listing-answer.js';
import { asListing, readStorePage } from './store-page.js';

const TOKEN = 'continuation-token';

export interface LastingTokensOptions {
  readonly tokens: PageTokens;
  /** Which bucket of which backend the service is. */
  readonly target: string;
}

/**
 * A target whose pages are told by tokens that hold when the bucket gets a shadow, or loses one, while a client is listing it. The target's own
 * token is in them, and leads on for as long as it is the same target.
 */
export const lastingTokens =
  ({ tokens, target }: LastingTokensOptions): S3Filter =>
  (service) =>
  async (request) => {
    const token = queryValue(request, TOKEN);
    if (request.operation !== 'ListObjectsV2' || token === '') return service(request);
    const begun = token === undefined ? undefined : openToken(tokens, token);
    if (begun && begun.own?.target !== target) return listAfterMerging(service, request, tokens);
    const answer = await service(asTargetKnowsIt(request, begun));
    return withLastingTokens(answer, {
      asked: token,
      next: (own, last) => tokens.seal({ after: last ?? begun?.after, own: { target, token: own } }),
    });
  };

/** The token stands in a text that has to be read. */
function asTargetKnowsIt(request: S3Request, begun: PageEnd | undefined): S3Request {
  const headers = { ...request.headers, 'accept-encoding': 'identity' };
  const own = begun?.own?.token;
  return { ...(own === undefined ? request : withParameter(request, TOKEN, own)), headers };
}

async function withLastingTokens(answer: S3Response, changes: TokenChanges): Promise<S3Response> {
  if (!isSuccess(answer)) return answer;
  const xml = (await readBody(answer)).toString('utf8');
  const body = Buffer.from(await withoutHoles(asListing(() => withTokens(xml, changes))));
  return { ...answer, headers: { ...answer.headers, 'content-length': String(body.length) }, body };
}

/** The page before was not the target's own; the shadow is gone, or the target is another one. */
const listAfterMerging = (target: S3Service, request: S3Request, tokens: PageTokens): Promise<S3Response> =>
  answerListing(request, tokens, async (wanted) => {
    const { entries, end } = await readStorePage(target, wanted);
    return { entries, isTruncated: end !== undefined };
  });
