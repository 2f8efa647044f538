import { S3Error } from '../../s3/errors.js';
import type { S3Request, S3Response, S3Service } from '../../s3/message.js';
import { errorResponse } from '../../s3/xml/error.js';
import type { Clock } from '../../system/clock.js';
import type { KeyRing } from './keys.js';
import { DECRYPTS } from './mark.js';
import type { KnownPartSizes } from './part-sizes.js';

/** What every operation of an encrypted backend works with. */
export interface EncryptionContext {
  /** The backend, which sees records only. */
  readonly store: S3Service;
  /** Its name, for errors. */
  readonly backend: string;
  readonly keys: KeyRing;
  /** Whether objects that are not encrypted are refused. */
  readonly strict: boolean;
  readonly partSizes: KnownPartSizes;
  readonly random: (bytes: number) => Buffer;
  readonly clock: Clock;
}

/** What S3 would answer where the filter itself refuses. */
export const refusal = (error: S3Error, { bucket, key, method }: S3Request): S3Response =>
  errorResponse(error, { requestId: '', resource: `/${bucket}/${key}`, bucket, key }, method);

/** An answer, also where it is a refusal of the filter's own; what the store itself fails with is not. */
export async function answering(
  { request, failures }: { readonly request: S3Request; readonly failures: WeakSet<Error> },
  answer: () => Promise<S3Response>,
): Promise<S3Response> {
  try {
    return await answer();
  } catch (error) {
    if (error instanceof S3Error && !failures.has(error)) return refusal(error, request);
    throw error;
  }
}

/** The store as it is asked here. Its failures are remembered: of a write they say that nothing is known of it, which is no refusal. */
export function askedToDecrypt(service: S3Service, failures: WeakSet<Error>): S3Service {
  return async (request) => {
    const { operation, headers } = request;
    const isRead = operation === 'GetObject' || operation === 'HeadObject';
    try {
      return await service(isRead ? { ...request, headers: { ...headers, [DECRYPTS]: 'true' } } : request);
    } catch (error) {
      if (error instanceof Error) failures.add(error);
      throw error;
    }
  };
}
