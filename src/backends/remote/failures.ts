import { BackendUnavailable, type UnavailableReason } from '../backend.js';
import { SilentBackend, UnsendableRequest } from './http1/http-errors.js';

/** What a caller is told of an error of the connection. The request's own faults are no failure of the backend. */
export function failureOf(error: Error, backend: string, sent: boolean): Error {
  if (error instanceof BackendUnavailable || error instanceof UnsendableRequest) return error;
  return new BackendUnavailable(backend, reasonOf(error, sent), sent, { cause: error });
}

function reasonOf(error: Error, sent: boolean): UnavailableReason {
  if (error instanceof SilentBackend) return 'timeout';
  return sent ? 'reset' : 'connect';
}
