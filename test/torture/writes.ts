import { Readable } from 'node:stream';
import { readCopyResult } from '../../src/s3/xml/copy.js';
import { readDeleteResult, writeDelete } from '../../src/s3/xml/delete.js';
import type { Answer } from '../support/store-client.js';
import { BrokenOff } from './asking.js';
import { type Content, TELLING_BYTES } from './values.js';
import { isAnswer, isDone, isNotFound, type Witness, type Write } from './witness.js';

const KIB = 1024;

export const put = (witness: Witness, key: string): Promise<void> =>
  send(witness, key, { what: 'put', kind: 'put', content: small(witness) });

export function putLarge(witness: Witness, key: string): Promise<void> {
  const size = (KIB + witness.random.below(4 * KIB)) * KIB;
  return send(witness, key, { what: 'put large', kind: 'put', content: witness.history.values.make(size) });
}

export const putIfAbsent = (witness: Witness, key: string): Promise<void> =>
  send(witness, key, {
    what: 'put if absent',
    kind: 'put-if-absent',
    content: small(witness),
    headers: { 'if-none-match': '*' },
  });

/**
 * Only with write-through, where the gateway judges: Ceph RGW 16 lets an If-Match write and a delete that race both succeed, whichever
 * the order, and it refuses every ETag in quotes.
 */
export async function putIfMatch(witness: Witness, key: string): Promise<void> {
  const isJudged = witness.surroundings.writeThrough === 'on';
  const etag = isJudged ? witness.history.lastSeen(key) : undefined;
  if (etag === undefined) return put(witness, key);
  await send(witness, key, {
    what: 'put if match',
    kind: 'put-if-match',
    content: small(witness),
    headers: { 'if-match': etag },
    expected: witness.history.values.ofETag(etag),
  });
}

/** What breaks off on its way must never take effect: it is no operation of the history, and nobody may see it. */
export async function putBreakingOff(witness: Witness, key: string): Promise<void> {
  const { body } = small(witness);
  const start = body.subarray(0, body.length / 2);
  const headers = { 'content-length': String(body.length) };
  const heard = await witness.ask((client, signal) =>
    client.ask('PUT', key, { body: Readable.from(breakingOff(start)), headers, signal }),
  );
  witness.count('put that breaks off', isDone(heard) ? 'done' : 'unknown');
}

async function* breakingOff(start: Buffer): AsyncGenerator<Buffer> {
  yield start;
  throw new BrokenOff('the upload breaks off');
}

export const deleteObject = (witness: Witness, key: string): Promise<void> =>
  witness.write('delete', key, { kind: 'delete', value: null }, (client, signal) =>
    client.ask('DELETE', key, { signal }),
  );

export async function deleteObjects(witness: Witness): Promise<void> {
  const { random, surroundings } = witness;
  const keys = [
    ...new Set(Array.from({ length: 1 + random.below(8) }, () => random.pick(surroundings.keys))),
  ];
  const body = writeDelete({ objects: keys.map((key) => ({ key })), quiet: false });
  const { heard, ...times } = await witness.timed((client, signal) =>
    client.ask('POST', '', { query: 'delete', body, signal }),
  );
  witness.count('delete objects', witness.outcomeOf('delete objects', heard));
  if (heard === 'unsent') return;
  const deleted = isDone(heard) ? readDeleteResult(heard.body).deleted.map(({ key }) => key) : [];
  for (const key of keys) {
    const outcome = deleted.includes(key) ? 'done' : 'unknown';
    witness.note(key, { what: 'delete objects', kind: 'delete', value: null, ...times, outcome });
  }
}

/** Reads one key and writes another; a source that is not there was read as well. */
export async function copy(witness: Witness, key: string): Promise<void> {
  const { random, surroundings } = witness;
  const source = random.pick(surroundings.keys.filter((other) => other !== key));
  const headers = { 'x-amz-copy-source': `/${surroundings.bucket}/${source}` };
  const { heard, ...times } = await witness.timed((client, signal) =>
    client.ask('PUT', key, { headers, signal }),
  );
  const isMissing = isAnswer(heard) && isNotFound(heard);
  const value = isDone(heard) ? copied(witness, heard) : null;
  const done = isMissing || value !== null ? 'done' : undefined;
  witness.count('copy', done ?? witness.outcomeOf('copy', heard));
  if (done) witness.noteRead('copy source', source, value, times);
  if (heard === 'unsent' || isMissing) return;
  witness.note(key, { what: 'copy', kind: 'copy', value, ...times, outcome: done ?? 'unknown' });
}

/** Null of a copy that failed late, after status 200. */
function copied({ history }: Witness, answer: Answer): string | null {
  const result = readCopyResult(answer.body);
  return 'error' in result ? null : history.values.ofETag(result.etag);
}

interface Put extends Omit<Write, 'value'> {
  readonly what: string;
  readonly content: Content;
  readonly headers?: Readonly<Record<string, string>>;
}

function send(witness: Witness, key: string, { what, content, headers = {}, ...write }: Put): Promise<void> {
  const { name: value, body } = content;
  return witness.write(what, key, { ...write, value }, (client, signal) =>
    client.ask('PUT', key, { body, headers, signal }),
  );
}

const small = ({ history, random }: Witness): Content =>
  history.values.make(2 * TELLING_BYTES + random.below(4 * KIB));
