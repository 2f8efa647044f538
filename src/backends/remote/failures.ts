import { BackendUnavailable, type UnavailableReason } from '../backend.js';

// Error codes of undici; any other is that of the network or of a peer that breaks the protocol.
const REASONS: Readonly<Record<string, UnavailableReason>> = {
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  UND_ERR_HEADERS_TIMEOUT: 'timeout',
  UND_ERR_BODY_TIMEOUT: 'timeout',
};

// The request was at fault, not the backend: its body broke off or had another length, or a header cannot be sent.
const FAULTS_OF_THE_REQUEST: ReadonlySet<string> = new Set([
  'UND_ERR_ABORTED',
  'UND_ERR_INVALID_ARG',
  'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH',
]);

/** What a caller is told of an error that undici reports. */
export function failureOf(error: Error, backend: string, sent: boolean): Error {
  if (error instanceof BackendUnavailable) return error;
  const code = 'code' in error ? String(error.code) : '';
  if (FAULTS_OF_THE_REQUEST.has(code)) return error;
  return new BackendUnavailable(backend, REASONS[code] ?? (sent ? 'reset' : 'connect'), sent, {
    cause: error,
  });
}
