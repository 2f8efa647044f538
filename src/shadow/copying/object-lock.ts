import type { S3Service } from '../../s3/message.js';
import { readError } from '../../s3/xml/error.js';
import { child, readXml, textOf } from '../../s3/xml/reader.js';
import type { Clock } from '../../system/clock.js';
import { ask, isSuccess, readBody } from '../ask.js';
import type { AskedOnce } from './asked-once.js';
import type { Found } from './belongings.js';
import { CopyFailed } from './copy-outcome.js';
import type { SourceObject } from './source-object.js';

const PREFIX = 'x-amz-object-lock-';
const MODE = `${PREFIX}mode`;
const UNTIL = `${PREFIX}retain-until-date`;
const HOLD = `${PREFIX}legal-hold`;

/**
 * Why the target cannot lock objects; undefined when it can.
 *
 * @throws CopyFailed when it does not tell, for a lock is not to be lost to an outage
 */
export async function lockRefusal(target: S3Service, signal: AbortSignal): Promise<string | undefined> {
  const query = [['object-lock', '']] as const;
  const answer = await target(ask('GetObjectLockConfiguration', { query, signal }));
  const body = (await readBody(answer)).toString('utf8');
  if (isSuccess(answer)) return isEnabled(body) ? undefined : 'the target bucket has no object lock';
  const code = readError(body)?.code ?? '';
  if (answer.status >= 500 && code !== 'NotImplemented')
    throw new CopyFailed(`target does not tell of its object lock: ${answer.status} ${code}`.trimEnd());
  return `the target bucket has no object lock: ${answer.status} ${code}`.trimEnd();
}

function isEnabled(document: string): boolean {
  const root = readXml(document);
  const configuration =
    root.name === 'ObjectLockConfiguration' ? root : child(root, 'ObjectLockConfiguration');
  return configuration !== undefined && textOf(configuration, 'ObjectLockEnabled') === 'Enabled';
}

/** The retention and the legal hold of the source, where the target can have them (AWS, PutObject: x-amz-object-lock-*). */
export async function objectLockBelonging(
  { refusal, clock }: { readonly refusal: AskedOnce<string | undefined>; readonly clock: Clock },
  { headers }: SourceObject,
  signal: AbortSignal,
): Promise<Found[]> {
  const { [MODE]: mode, [UNTIL]: until, [HOLD]: hold } = headers;
  const isHeld = hold === 'ON';
  if (mode === undefined && !isHeld) return [];
  const time = Date.parse(until ?? '');
  const isOver = time <= clock.now();
  const over: Found[] = isOver ? [{ what: 'object-lock', reason: 'its retention is over' }] : [];
  const kept = {
    ...(mode !== undefined &&
      until !== undefined &&
      !isOver && { [MODE]: mode, [UNTIL]: asS3Writes(until, time) }),
    ...(isHeld && { [HOLD]: hold }),
  };
  if (Object.keys(kept).length === 0) return over;
  const reason = await refusal.value(signal);
  if (reason !== undefined) return [{ what: 'object-lock', reason }];
  return [...over, { what: 'object-lock', variant: JSON.stringify(kept), headers: kept }];
}

/** Some stores answer nanoseconds, which others do not read. */
const asS3Writes = (text: string, time: number): string =>
  Number.isNaN(time) ? text : new Date(time).toISOString();
