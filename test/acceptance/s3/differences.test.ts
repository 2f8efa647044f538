import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PACKAGE_ROOT } from '../../support/package-root.js';
import { CASES } from './cases.js';
import { DIFFERENCES, type Difference } from './differences.js';
import { SET_UPS, type SetUpName } from './set-ups.js';

const DOCUMENT = join(PACKAGE_ROOT, 'docs/compatibility.md');
const TABLE = /(?:\|.*\n)+/;

const TITLES: Readonly<Record<SetUpName, string>> = {
  rgw: 'RGW',
  penumbra: 'Penumbra',
  'empty-shadow': 'with a shadow',
  'shadow-only': 'before the copy',
  filesystem: 'folder',
  encrypted: 'encrypted',
};

const rowsOf = ({ reason, where, cases }: Difference): string[][] =>
  cases.map((name) => [`\`${name}\``, ...SET_UPS.map((setUp) => (where.includes(setUp) ? 'x' : '')), reason]);

/** As the formatter writes tables. */
function tableOf(differences: readonly Difference[]): string {
  const titles = ['case', ...SET_UPS.map((setUp) => TITLES[setUp]), 'why'];
  const rows = [titles, ...differences.flatMap(rowsOf)];
  const widths = titles.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) => row.map((text, column) => text.padEnd(widths[column] ?? 0)));
  lines.splice(
    1,
    0,
    widths.map((width) => '-'.repeat(width)),
  );
  return lines.map((line) => `| ${line.join(' | ')} |\n`).join('');
}

test('every case has a name of its own, made of the operation and a condition', () => {
  const names = CASES.map(({ name }) => name);
  expect(names.filter((name) => !/^[A-Z][A-Za-z0-9]+_\w+$/.test(name))).toEqual([]);
  expect(new Set(names).size).toBe(names.length);
});

test('every difference is of a case that there is, and has one reason in a set-up', () => {
  const names = new Set(CASES.map(({ name }) => name));
  const differing = DIFFERENCES.flatMap(({ where, cases }) =>
    where.flatMap((setUp) => cases.map((name) => ({ setUp, name }))),
  );
  expect(differing.filter(({ name }) => !names.has(name))).toEqual([]);
  expect(new Set(differing.map(({ setUp, name }) => `${setUp} ${name}`)).size).toBe(differing.length);
});

test('docs/compatibility.md tells every difference (vitest -u writes it anew)', async () => {
  const text = await readFile(DOCUMENT, 'utf8');
  expect(text).toMatch(TABLE);
  await expect(text.replace(TABLE, () => tableOf(DIFFERENCES))).toMatchFileSnapshot(DOCUMENT);
});
