import {
  type CompletedPart,
  readCompleteResult,
  readInitiateResult,
  writeComplete,
} from '../../src/s3/xml/multipart.js';
import type { Answer, StoreClient } from '../support/store-client.js';
import { type Content, partsOf } from './values.js';
import { isDone, type Witness } from './witness.js';

const KIB = 1024;
/** The smallest that S3 takes for a part that is not the last. */
export const PART_BYTES = 5 * KIB * KIB;
/** The share of uploads that have more than one part. */
const MANY_PARTS = 0.15;

/** An upload in parts is a write from when it is to be completed. */
export async function putInParts(witness: Witness, key: string): Promise<void> {
  const { random, history } = witness;
  const more = random.chance(MANY_PARTS) ? PART_BYTES : 0;
  const content = history.values.make(more + KIB + random.below(100 * KIB), PART_BYTES);
  const created = await witness.ask((client, signal) =>
    client.ask('POST', key, { query: 'uploads', signal }),
  );
  witness.count('create upload', witness.outcomeOf('create upload', created));
  if (!isDone(created)) return;
  const upload = `uploadId=${encodeURIComponent(readInitiateResult(created.body).uploadId)}`;
  const parts = await uploadParts(witness, key, { content, upload });
  if (!parts) return;
  const body = writeComplete(parts);
  await witness.write('complete upload', key, { kind: 'put', value: content.name }, (client, signal) =>
    complete(client, key, { query: upload, body, signal }),
  );
}

/** Undefined when one of them failed. */
async function uploadParts(
  witness: Witness,
  key: string,
  { content, upload }: { readonly content: Content; readonly upload: string },
): Promise<CompletedPart[] | undefined> {
  const completed: CompletedPart[] = [];
  for (const [index, body] of partsOf(content.body, PART_BYTES).entries()) {
    const partNumber = index + 1;
    const query = `partNumber=${partNumber}&${upload}`;
    const part = await witness.ask((client, signal) => client.ask('PUT', key, { query, body, signal }));
    witness.count('upload part', witness.outcomeOf('upload part', part));
    if (!isDone(part)) return undefined;
    completed.push({ partNumber, etag: part.headers.etag ?? '' });
  }
  return completed;
}

/** An error that comes late comes after status 200. */
async function complete(
  client: StoreClient,
  key: string,
  asked: { readonly query: string; readonly body: string; readonly signal: AbortSignal },
): Promise<Answer> {
  const answer = await client.ask('POST', key, asked);
  const isLate = answer.status === 200 && 'error' in readCompleteResult(answer.body);
  return isLate ? { ...answer, status: 500 } : answer;
}
