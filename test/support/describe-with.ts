import { describe, it } from 'vitest';
import { type Program, requires } from './requirements.js';

/**
 * A `describe` for tests that need programs. Where one is missing, a single skipped test names it and the command
 * that enables them; under CI=true that test fails.
 */
export function describeWith(programs: readonly Program[], name: string, tests: () => void): void {
  const { available, missing, apt } = requires(...programs);
  if (available) {
    describe(name, tests);
    return;
  }
  const title = `${name} (needs ${missing.join(', ')}: ${apt})`;
  if (process.env.CI !== 'true') {
    it.skip(title);
    return;
  }
  it(title, () => {
    throw new Error(`not installed: ${missing.join(', ')}`);
  });
}
