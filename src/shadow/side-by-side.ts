/**
 * Does `work` for all items, for at most `limit` of them at once. After a failure no further item is begun.
 *
 * @throws what `work` or the generator rejected with first, once all that was begun has ended
 */
export async function sideBySide<T>(
  limit: number,
  items: AsyncGenerator<T>,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const lane = async () => {
    for await (const item of items) await work(item);
  };
  const lanes = await Promise.allSettled(Array.from({ length: limit }, lane));
  for (const end of lanes) if (end.status === 'rejected') throw end.reason;
}
