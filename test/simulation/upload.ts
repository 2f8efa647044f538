import { Readable } from 'node:stream';
import { S3Error } from '../../src/s3/errors.js';
import type { Life } from './life.js';

/** A body that comes to a gateway as its client sends it; a broken one never comes to its end. */
export const upload = (value: string, broken: boolean, gateway: Life): Readable =>
  Readable.from(sent(Buffer.from(value), broken, gateway), { objectMode: false });

async function* sent(value: Buffer, broken: boolean, gateway: Life): AsyncGenerator<Buffer> {
  yield value.subarray(0, 3);
  const end = await gateway.receive(value.subarray(3));
  if (broken) throw new S3Error('IncompleteBody');
  yield end;
}
