import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readConsole } from '../../src/gateway/web/console-files.js';
import { PACKAGE_ROOT } from '../support/package-root.js';

test('all files of the console together are below 500 kB, compressed', async () => {
  const built = await readConsole(join(PACKAGE_ROOT, 'dist/console'));
  const sizes = [...(built?.assets.values() ?? [])].map(({ gzipped }) => gzipped.length);
  expect(sizes.length).toBeGreaterThan(5);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(500_000);
});
