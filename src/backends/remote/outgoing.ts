import { encodeQuery } from '../../s3/keys.js';
import type { HeaderFields, S3Body, S3Request } from '../../s3/message.js';
import { trailingBody, trailingLength } from '../../s3/payload/trailing-body.js';
import { SHA256_OF_NOTHING, UNSIGNED_PAYLOAD, UNSIGNED_TRAILER } from '../../s3/sigv4/canonical.js';
import { signRequest } from '../../s3/sigv4/sign.js';
import type { Clock } from '../../system/clock.js';
import { type AddressingOptions, createAddressing } from './addressing.js';
import { forwardedRequestHeaders } from './headers.js';
import type { HttpRequest } from './http1/handler.js';

export interface OutgoingOptions extends AddressingOptions {
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly clock: Clock;
}

/** What is sent; `origin` says over which pool. */
export type OutgoingMessage = HttpRequest & { readonly origin: string };

/** Makes a client's request one of this gateway: addressed to the backend and signed with its credentials. */
export function createOutgoing(options: OutgoingOptions): (request: S3Request) => OutgoingMessage {
  const { region, clock, accessKeyId, secretAccessKey } = options;
  const credentials = { accessKeyId, secretAccessKey };
  const destinationOf = createAddressing(options);

  return (request) => {
    const { method, query } = request;
    const { origin, host, path } = destinationOf(request.bucket, request.key);
    const { body, hash, described } = payloadOf(request);
    const headers = Object.assign(forwardedRequestHeaders(request.headers), described);
    headers.host = host;
    // Whether there is one, without a body, is for the connection to say.
    if (!body) delete headers['content-length'];
    // A preflight is asked, and answered, without credentials (Fetch standard, "CORS-preflight fetch").
    const signature =
      method === 'OPTIONS'
        ? {}
        : signRequest({
            method,
            path,
            query,
            headers,
            payloadHash: hash,
            credentials,
            region,
            now: clock.now(),
          });
    return {
      origin,
      method,
      path: query.length === 0 ? path : `${path}?${encodeQuery(query)}`,
      headers: Object.assign(headers, signature),
      body,
    };
  };
}

interface Payload {
  readonly body: S3Body | null;
  /** The hash where it is known without reading the body, else the leave to sign none (SigV4, UNSIGNED-PAYLOAD). */
  readonly hash: string;
  /** Fields in place of the client's. */
  readonly described?: HeaderFields;
}

function payloadOf({ headers, body, announcedTrailer: announced, trailers }: S3Request): Payload {
  const { 'x-amz-content-sha256': hash } = headers;
  if (!body) return { body: null, hash: hash ?? SHA256_OF_NOTHING };
  if (announced === undefined || !trailers) return { body, hash: hash ?? UNSIGNED_PAYLOAD };
  const contentLength = Number(headers['content-length']);
  const payload = { body, contentLength, announced, trailers };
  const described = {
    'content-encoding': ['aws-chunked', headers['content-encoding'] ?? []].flat().join(','),
    'content-length': String(trailingLength(payload)),
    'x-amz-decoded-content-length': String(contentLength),
    'x-amz-trailer': announced,
  };
  return { body: trailingBody(payload), hash: UNSIGNED_TRAILER, described };
}
