import type { S3Response } from '../s3/message.js';

/** Where an object that a client reads was found. */
export const SOURCE = 'x-penumbra-source';

/** The statuses of a read that found its object, though it may not be sent (304). */
const FOUND = new Set([200, 206, 304]);

/** Whether a read with this status found its object. */
export const isFound = (status: number): boolean => FOUND.has(status);

/** An answer to a GET or HEAD of an object, which says where the object came from if there is one. */
export const from = (source: 'target' | 'shadow', answer: S3Response): S3Response =>
  isFound(answer.status) ? { ...answer, headers: { ...answer.headers, [SOURCE]: source } } : answer;
