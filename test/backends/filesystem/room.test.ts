import { statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { roomAt } from '../../../src/backends/filesystem/room.js';

it('a folder that is yet to be made has the room of where it will be', async () => {
  const { blocks, bsize } = await statfs(tmpdir());
  const room = await roomAt(join(tmpdir(), 'not', 'there yet'));
  expect(room).toBeGreaterThan(0);
  expect(room).toBeLessThanOrEqual(blocks * bsize);
});
