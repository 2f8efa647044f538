import { Readable } from 'node:stream';
import { S3Error } from '../../src/s3/errors.js';
import type { Scheduler } from './scheduler.js';

/** A body that comes as its client sends it; a broken one never comes to its end. */
export const upload = (value: string, broken: boolean, scheduler: Scheduler): Readable =>
  Readable.from(sent(Buffer.from(value), broken, scheduler), { objectMode: false });

async function* sent(value: Buffer, broken: boolean, scheduler: Scheduler): AsyncGenerator<Buffer> {
  yield value.subarray(0, 3);
  await scheduler.pause();
  if (broken) throw new S3Error('IncompleteBody');
  yield value.subarray(3);
}
