import type { Operation } from '../linearizability.js';
import type { Client } from './client.js';
import { MultipartUpload } from './multipart-upload.js';

/** The numbers of the parts, in the order in which they are sent: of one that is sent twice, with another body, the last counts. */
const PARTS = [
  [1, 3],
  [1, 1, 3],
  [1, 2, 3],
];

/** An upload is a write from when it is to be completed. */
export async function putInParts(client: Client, key: string): Promise<void> {
  const upload = await beginWithParts(client, key);
  if (!upload) return;
  await upload.check();
  const invoked = client.surroundings.history.now();
  noteComplete(client, key, { value: upload.value, invoked, outcome: await upload.complete() });
}

/** One of its parts is another key's object, as that was when it was copied. */
export async function putCopiedPart(client: Client, key: string): Promise<void> {
  const { history, keys, weather } = client.surroundings;
  const upload = await beginWithParts(client, key);
  if (!upload) return;
  const source = weather.random.pick(keys.filter((other) => other !== key));
  const asked = history.now();
  const value = await upload.copy(2, source);
  if (value === undefined) return;
  client.recordRead(source, value, { invoked: asked, returned: history.now() });
  const invoked = history.now();
  noteComplete(client, key, { value: upload.value, invoked, outcome: await upload.complete() });
}

/** Its Complete comes meanwhile, or too late: at most one of the two is done. */
export async function abortUpload(client: Client, key: string): Promise<void> {
  const { history, monitor, tally, weather } = client.surroundings;
  const upload = await beginWithParts(client, key);
  if (!upload) return;
  const aborting = upload.abort();
  if (weather.random.chance(0.5)) await aborting;
  const invoked = history.now();
  const outcome = await upload.complete();
  const aborted = await aborting;
  tally.count('rule', `Abort was ${aborted}, Complete ${outcome}`);
  if (aborted !== 'done') noteComplete(client, key, { value: upload.value, invoked, outcome });
  else if (outcome === 'done') monitor.note(`an upload of ${key} was aborted, and completed`);
}

/** Undefined when the upload cannot go on. */
async function beginWithParts(client: Client, key: string): Promise<MultipartUpload | undefined> {
  const { history, weather } = client.surroundings;
  const { random } = weather;
  const upload = await MultipartUpload.begin(client, key);
  for (const partNumber of random.pick(PARTS))
    if (!(await upload?.send(partNumber, history.lostValue(key)))) return undefined;
  return upload;
}

/** What was refused or aborted must never take effect, so it is no operation of the history. */
function noteComplete(
  client: Client,
  key: string,
  completed: Pick<Operation, 'value' | 'invoked' | 'outcome'>,
): void {
  if (completed.outcome !== 'refused') client.recordWrite(key, { kind: 'put', ...completed });
}
