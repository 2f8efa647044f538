import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { memorySettings } from '../../src/system/environment.js';
import { PACKAGE_ROOT } from '../../src/system/package-root.js';

describe('the settings of the memory of a process', () => {
  it('stay as they are where the operator has set them', () => {
    expect(memorySettings({ MALLOC_TRIM_THRESHOLD_: '1' })).toEqual({
      MALLOC_TRIM_THRESHOLD_: '1',
      MALLOC_MMAP_THRESHOLD_: '1048576',
      NODE_OPTIONS: '--max-semi-space-size=32',
    });
  });

  it('stand beside the options of Node that the operator has set, unless these have the same', () => {
    const optionsAfter = (NODE_OPTIONS: string) => memorySettings({ NODE_OPTIONS }).NODE_OPTIONS;
    expect(optionsAfter('--use-openssl-ca')).toBe('--use-openssl-ca --max-semi-space-size=32');
    expect(optionsAfter('--max-semi-space-size=8')).toBe('--max-semi-space-size=8');
  });

  it.each(['package.json', 'Dockerfile', 'docs/operations.md'])(
    'are those that stand in %s',
    async (file) => {
      const text = await readFile(join(PACKAGE_ROOT, file), 'utf8');
      const { NODE_OPTIONS, ...allocator } = memorySettings({});
      expect(text).toContain(NODE_OPTIONS);
      for (const [name, bytes] of Object.entries(allocator)) expect(text).toContain(`${name}=${bytes}`);
    },
  );
});
