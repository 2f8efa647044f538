import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../support/temporary-folder.js';
import { temporaryKv } from './temporary-kv.js';

const CHILD = new URL('../contract/kv-child.mjs', import.meta.url).pathname;

it('the embedded store reads what another process committed within the same turn of the event loop', async () => {
  const path = await temporaryFolder();
  const kv = await temporaryKv({ path });
  expect(await kv.get('a')).toBeNull();
  const store = JSON.stringify({ driver: 'lmdb', options: { path } });
  execFileSync(process.execPath, [CHILD, store, 'set', 'a', 'from afar']);
  expect((await kv.get('a'))?.value).toBe('from afar');
});
