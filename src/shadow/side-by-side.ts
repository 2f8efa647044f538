export interface SideBySide {
  /** So many items are worked on at once. */
  readonly limit: number;
  /** Aborted when no further item is to be begun. */
  readonly signal: AbortSignal;
}

/**
 * Does `work` for all items, some at once. After a failure no further item is begun.
 *
 * @throws what `work` or the generator rejected with, once all that was begun has ended
 */
export async function sideBySide<T>(
  items: AsyncGenerator<T>,
  { limit, signal }: SideBySide,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const lane = async () => {
    for await (const item of items) {
      if (signal.aborted) return;
      await work(item);
    }
  };
  const lanes = await Promise.allSettled(Array.from({ length: limit }, lane));
  for (const end of lanes) if (end.status === 'rejected') throw end.reason;
}
