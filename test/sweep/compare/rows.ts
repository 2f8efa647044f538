import { listStore } from '../../../src/shadow/listing/store-page.js';
import type { Row } from '../../../src/sweep/row.js';
import type { Moving } from '../../shadow/moving.js';

const NEVER = new AbortController().signal;

/** One key as the listings of both stores show it now. */
export async function rowOf({ stores, ledger }: Moving, key: string): Promise<Row> {
  const inList = async (store: Moving['stores']['target']) => {
    for await (const object of listStore(store, NEVER)) if (object.key === key) return object;
    return undefined;
  };
  const target = await inList(stores.target);
  return {
    key,
    source: await inList(stores.shadow),
    target,
    isDeleted: target === undefined && (await ledger.isDeleted(key)),
  };
}
