import fc from 'fast-check';
import { expect, it } from 'vitest';
import { SortedTable } from '../../../src/backends/memory/sorted-table.js';
import { entriesAfter, type SelectedPage, selectPage } from '../../../src/backends/store/select-page.js';

const key = fc.array(fc.constantFrom('a', 'b', '/', '-', 'é', '\u{FFFD}', '😀'), {
  minLength: 1,
  maxLength: 6,
});
const keys = fc.uniqueArray(
  key.map((characters) => characters.join('')),
  { maxLength: 30 },
);
const listing = fc.record({
  prefix: fc.constantFrom('', 'a', '/', 'é', '😀', 'b/'),
  delimiter: fc.constantFrom('', '/', '-', '//', 'a', '😀'),
  after: fc.constantFrom('', 'a', 'a/', 'b-', '/', 'é', '😀'),
  limit: fc.integer({ min: 1, max: 8 }),
});

type Listing = typeof listing extends fc.Arbitrary<infer T> ? T : never;

const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** The entries of the whole listing, as its definition says. */
function model(all: readonly string[], { prefix, delimiter, after }: Listing): string[] {
  const names = all
    .filter((name) => name.startsWith(prefix))
    .map((name) => {
      const at = delimiter === '' ? -1 : name.indexOf(delimiter, prefix.length);
      return at < 0 ? name : name.slice(0, at + delimiter.length);
    });
  return [...new Set(names)].sort(byBytes).filter((name) => byBytes(name, after) > 0);
}

function tableOf(all: readonly string[]): SortedTable<string> {
  const table = new SortedTable<string>();
  for (const name of all) table.put(name, name);
  return table;
}

it('pages through exactly the entries that the definition gives, in order', () => {
  fc.assert(
    fc.property(keys, listing, (all, { prefix, delimiter, after, limit }) => {
      const table = tableOf(all);
      const seen: string[] = [];
      let start: string | undefined = after;
      while (start !== undefined) {
        const page: SelectedPage<string> = selectPage(table, {
          prefix,
          delimiter,
          ...entriesAfter(start),
          limit,
        });
        const names = [...page.rows.map(({ name }) => name), ...page.commonPrefixes].sort(byBytes);
        expect(names.length).toBeLessThanOrEqual(limit);
        expect(page.last?.name).toBe(page.isTruncated ? names.at(-1) : undefined);
        seen.push(...names);
        start = page.last?.name;
      }
      expect(seen).toEqual(model(all, { prefix, delimiter, after, limit }));
    }),
    { numRuns: 1000 },
  );
});

it('does not walk through the keys of a common prefix', () => {
  const table = tableOf([...Array.from({ length: 1000 }, (_, index) => `a/${index}`), 'b']);
  let walked = 0;
  const counted = {
    *range(from: string): Generator<readonly [string, string]> {
      for (const row of table.range(from)) {
        walked++;
        yield row;
      }
    },
  };
  const page = selectPage(counted, { prefix: '', delimiter: '/', ...entriesAfter(''), limit: 1000 });
  expect(page).toMatchObject({ commonPrefixes: ['a/'], rows: [{ name: 'b' }] });
  expect(walked).toBeLessThan(5);
});
