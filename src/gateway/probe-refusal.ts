/** Why a bucket cannot be moved from a shadow, in one sentence without secrets. */
export class ShadowRefused extends Error {
  override readonly name = 'ShadowRefused';
}

/** What is wrong with the key itself, whatever it asks for (AWS S3 API, error responses). */
export const KEY_ERRORS: ReadonlySet<string> = new Set([
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'InvalidToken',
  'ExpiredToken',
  'InvalidSecurity',
  'AccountProblem',
  'NotSignedUp',
]);

export const REGION_ERRORS: ReadonlySet<string> = new Set([
  'PermanentRedirect',
  'TemporaryRedirect',
  'AuthorizationHeaderMalformed',
]);

export const NO_S3_SERVICE = 'no S3 service answers there';

/** The first error of the system in a chain of causes: `connect ECONNREFUSED 127.0.0.1:1`. */
export function connectionError(error: unknown): string {
  for (const inner of chain(error)) {
    if ('code' in inner && inner.message !== '') return firstLine(inner.message);
  }
  return error instanceof SyntaxError ? 'what answers there is not an S3 service' : NO_S3_SERVICE;
}

function chain(error: unknown): Error[] {
  if (!(error instanceof Error)) return [];
  const inner: unknown[] = error instanceof AggregateError ? error.errors : [error.cause];
  return [error, ...inner.flatMap(chain)];
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}
