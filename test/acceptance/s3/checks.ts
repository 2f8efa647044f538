import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { type ChecksumAlgorithm, createChecksum } from '../../../src/s3/checksums.js';
import type { Answer } from './answer.js';

/** Fails unless the answer has this status, with what it said instead; gives the answer back. */
export function ok(answer: Answer, status = 200): Answer {
  if (answer.status !== status)
    assert.fail(`status ${answer.status}, not ${status}: ${answer.text.slice(0, 500)}`);
  return answer;
}

/** Fails unless the answer is this error of S3, told as S3 tells errors. */
export function refused(answer: Answer, status: number, code: string): Answer {
  ok(answer, status);
  assert.equal(answer.root.name, 'Error');
  assert.equal(answer.value('Code'), code);
  return answer;
}

/** Fails unless the answer to a HEAD has this status and no body. */
export function headRefused(answer: Answer, status: number): void {
  ok(answer, status);
  assert.equal(answer.body.length, 0);
}

/** Fails unless the answer has these header fields with these values. */
export function hasHeaders(
  { headers }: Answer,
  expected: Readonly<Record<string, string | undefined>>,
): void {
  const found = Object.fromEntries(Object.keys(expected).map((name) => [name, headers[name]]));
  assert.deepEqual(found, expected);
}

export const md5 = (data: Buffer | string): Buffer => createHash('md5').update(data).digest();

/** The ETag of an object that was written in one piece. */
export const etagOf = (data: Buffer | string): string => `"${md5(data).toString('hex')}"`;

export const base64Md5 = (data: Buffer | string): string => md5(data).toString('base64');

/** As it stands in an x-amz-checksum-* field. */
export function checksumOf(algorithm: ChecksumAlgorithm, text: string): string {
  const checksum = createChecksum(algorithm);
  checksum.update(Buffer.from(text));
  return checksum.digest();
}
