import type { AdminClient } from './admin-client.js';

export interface Collection<Field extends string> {
  readonly path: string;
  /** The field of the answer that has the items. */
  readonly field: Field;
  readonly query?: Readonly<Record<string, string>>;
}

type Page<Field extends string, Item> = { readonly next: string | null } & {
  readonly [field in Field]: Item[];
};

/** Every item of a collection, page by page. */
export async function fetchAll<Field extends string, Item>(
  client: AdminClient,
  { path, field, query = {} }: Collection<Field>,
): Promise<Item[]> {
  const items: Item[] = [];
  let after: string | null = null;
  do {
    const search: string = new URLSearchParams(after === null ? query : { ...query, after }).toString();
    const page: Page<Field, Item> = await client.request('GET', `${path}?${search}`);
    items.push(...page[field]);
    after = page.next;
  } while (after !== null);
  return items;
}
