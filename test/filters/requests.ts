import { BackendUnavailable, type UnavailableReason } from '../../src/backends/backend.js';
import type { S3Request, S3Response, S3Service } from '../../src/s3/message.js';

export const GET: S3Request = {
  operation: 'GetObject',
  method: 'GET',
  bucket: 'photos',
  key: 'a',
  query: [],
  headers: {},
  signal: new AbortController().signal,
};

export const PUT: S3Request = {
  ...GET,
  operation: 'PutObject',
  method: 'PUT',
  headers: { 'content-length': '1' },
  body: Buffer.from('x'),
};

export const OK: S3Response = { status: 200, headers: {} };

export const unavailable = (reason: UnavailableReason): BackendUnavailable =>
  new BackendUnavailable('far', reason, reason !== 'connect');

export type Outcome = S3Response | Error;

/** A service that does what it is told to next, and OK when it is told nothing; `asked` is what came to it. */
export function scripted(...outcomes: Outcome[]): { service: S3Service; asked: S3Request[] } {
  const asked: S3Request[] = [];
  return {
    asked,
    async service(request) {
      asked.push(request);
      const outcome = outcomes.shift() ?? OK;
      if (outcome instanceof Error) throw outcome;
      return outcome;
    },
  };
}
