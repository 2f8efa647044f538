import { BackendUnavailable, type UnavailableReason } from '../backends/backend.js';

const REASONS: readonly UnavailableReason[] = ['connect', 'timeout', 'reset'];

/** Of a backend that failed to answer, or of the network up to it. */
export const OF_THE_TRANSPORT: ReadonlySet<string> = new Set(REASONS);

/**
 * Whether a backend, or the network up to it, failed to answer. An answer is none, whatever its status; nor is what this
 * side did: an abort, a body that broke off, a queue that was full.
 */
export const isTransportFailure = (error: unknown): boolean =>
  error instanceof BackendUnavailable && OF_THE_TRANSPORT.has(error.reason);
