/** What stores list and delete at once. */
const BATCH = 1_000;

/** The items in batches of a thousand; the last one may be smaller. */
export async function* batched<T>(items: AsyncGenerator<T>): AsyncGenerator<T[]> {
  let batch: T[] = [];
  for await (const item of items) {
    batch.push(item);
    if (batch.length < BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

export async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}
