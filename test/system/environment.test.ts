import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { allocatorSettings } from '../../src/system/environment.js';
import { PACKAGE_ROOT } from '../../src/system/package-root.js';

describe('the settings of the allocator', () => {
  it('stay as they are where the operator has set them', () => {
    expect(allocatorSettings({ MALLOC_TRIM_THRESHOLD_: '1' })).toEqual({
      MALLOC_TRIM_THRESHOLD_: '1',
      MALLOC_MMAP_THRESHOLD_: '1048576',
    });
  });

  it.each(['package.json', 'Dockerfile', 'docs/operations.md'])(
    'are those that stand in %s',
    async (file) => {
      const text = await readFile(join(PACKAGE_ROOT, file), 'utf8');
      for (const [name, bytes] of Object.entries(allocatorSettings({})))
        expect(text).toContain(`${name}=${bytes}`);
    },
  );
});
