import { BackendUnavailable } from '../backends/backend.js';
import { discard } from '../s3/body.js';
import { fieldsOf } from '../s3/fields.js';
import type { HeaderFields, S3Request, S3Response, S3Service } from '../s3/message.js';
import { ask } from './ask.js';
import type { ShadowContext } from './context.js';
import { SOURCE } from './source.js';

type Rule = (ctx: ShadowContext, request: S3Request) => Promise<S3Response>;

/** What an answer says of its own reading by scripts of another site (Fetch standard, 3.3.3, "HTTP responses"). */
const isOfCors = (name: string): boolean => name.startsWith('access-control-') || name === 'vary';

/**
 * A request of a browser's script, which names its Origin: the target's CORS rules hold for every answer, also for one that is the shadow's or made of both.
 * The target is asked for them as a browser asks, unless the answer is its own.
 */
export async function crossOrigin(ctx: ShadowContext, request: S3Request, rule: Rule): Promise<S3Response> {
  const ofTarget = new WeakSet<HeaderFields>();
  const target = async (asked: S3Request) => {
    const answer = await ctx.target(asked);
    if (asked.headers.origin !== undefined) ofTarget.add(answer.headers);
    return answer;
  };
  const answer = await rule({ ...ctx, target }, request);
  if (ofTarget.has(answer.headers) || answer.headers[SOURCE] === 'target') return answer;
  try {
    const rules = await corsRules(ctx.target, request);
    const own = Object.entries(answer.headers).filter(([name]) => !isOfCors(name));
    return { ...answer, headers: { ...Object.fromEntries(own), ...rules } };
  } catch (error) {
    discard(answer.body);
    throw error;
  }
}

/**
 * What a bucket's rules say of a request with an Origin, as a service of the bucket tells them. One that cannot be asked allows nothing; what was done is
 * done all the same.
 */
export async function corsRules(
  service: S3Service,
  request: Pick<S3Request, 'method' | 'key' | 'headers' | 'signal'>,
): Promise<HeaderFields> {
  const { method, key, signal } = request;
  const headers = { origin: request.headers.origin ?? '', 'access-control-request-method': method };
  try {
    const answer = await service(ask('Preflight', { method: 'OPTIONS', key, headers, signal }));
    discard(answer.body);
    if (answer.status !== 200) return {};
    return fieldsOf(answer.headers, isOfCors);
  } catch (error) {
    if (error instanceof BackendUnavailable) return {};
    throw error;
  }
}
