import { describe, expect, it } from 'vitest';
import { type Kv, KvUnavailable } from '../../src/state/kv.js';
import { beforeEachCall } from '../support/before-each-call.js';
import { type Moving, type MovingOptions, movingBucket } from './moving.js';
import { Uploading } from './uploading.js';

/** A bucket with `new` in the target and `old` in the shadow, whose state is then out of reach. */
async function cutOff(options: MovingOptions): Promise<Moving> {
  let isDown = false;
  const onState = (kv: Kv): Kv =>
    beforeEachCall(kv, () => {
      if (isDown) throw new KvUnavailable('down');
    });
  const moving = await movingBucket({ ...options, onState });
  await moving.target.put('new', 'in the target');
  await moving.shadow.put('old', 'in the shadow');
  isDown = true;
  return moving;
}

const REFUSED: [string, string, string, Record<string, string>?, string?][] = [
  ['GET', 'old', ''],
  ['HEAD', 'old', ''],
  ['GET', 'old', '', { range: 'bytes=0-1' }],
  ['GET', 'old', 'tagging'],
  ['GET', '', 'list-type=2'],
  ['DELETE', 'new', ''],
  ['DELETE', 'old', ''],
  ['PUT', 'old', '', { 'if-none-match': '*' }, 'body'],
];

const WRITTEN_IN_BOTH: typeof REFUSED = [
  ['PUT', 'new', '', {}, 'body'],
  ['PUT', 'new', '', {}, ''],
  ['PUT', 'new', '', { 'x-amz-copy-source': 'new/new', 'x-amz-metadata-directive': 'REPLACE' }],
];

describe.each([false, true])('a gateway that cannot reach the state, write-through %s', (writeThrough) => {
  it.each(writeThrough ? [...REFUSED, ...WRITTEN_IN_BOTH] : REFUSED)(
    'refuses %s %s ?%s, with nothing half done',
    async (method, key, query, headers = {}, body) => {
      const moving = await cutOff({ writeThrough });
      const asked = moving.client.ask(method, key, { query, headers, ...(body !== undefined && { body }) });
      await expect(asked.catch((error: unknown) => error)).resolves.toSatisfy(
        (failure) => failure instanceof KvUnavailable || (failure as { status: number }).status === 503,
      );
      await moving.settled();
      expect([await moving.target.keys(), await moving.shadow.keys()]).toEqual([['new'], ['old']]);
      expect(await moving.target.text('new')).toBe('in the target');
    },
  );

  it('reads what the target has', async () => {
    const { client } = await cutOff({ writeThrough });
    expect(await client.text('new')).toBe('in the target');
  });
});

it('writes that need no state go on without it', async () => {
  const moving = await cutOff({});
  expect((await moving.client.put('another', 'x')).status).toBe(200);
  const upload = await Uploading.begin(moving.client, 'in parts');
  await upload.part(1, 'x');
  expect((await upload.complete()).status).toBe(200);
});
