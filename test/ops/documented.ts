import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../support/package-root.js';

/** The metrics that the documents tell of, and the labels of each. */
export async function documentedMetrics(): Promise<Map<string, ReadonlySet<string>>> {
  const text = await readFile(join(PACKAGE_ROOT, 'docs', 'operations.md'), 'utf8');
  const rows = text.matchAll(/^\| `((?:penumbra|process|nodejs)_\w+)`\s*\|([^|]*)\|/gm);
  return new Map(
    [...rows].map(([, name = '', labels = '']) => [
      name,
      new Set(
        labels
          .split(',')
          .map((label) => label.trim())
          .filter((label) => label !== ''),
      ),
    ]),
  );
}
