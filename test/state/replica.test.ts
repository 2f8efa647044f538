import { describe, expect, it, vi } from 'vitest';
import { Replica } from '../../src/state/replica.js';
import { ManualClock } from '../support/manual-clock.js';

interface Item {
  readonly name: string;
  readonly value: number;
}

/** A replica of a store whose answers come when the test says so, in any order. */
function slowReplica() {
  const answers: ((value: number | undefined) => void)[] = [];
  let endLoad: ((items: Item[]) => void) | undefined;
  const store = {
    nameOf: ({ name }: Item) => name,
    get: (name: string) =>
      new Promise<Item | undefined>((resolve) => {
        answers.push((value) => resolve(value === undefined ? undefined : { name, value }));
      }),
    async *all() {
      yield* await new Promise<Item[]>((resolve) => {
        endLoad = resolve;
      });
    },
  };
  const changed: string[] = [];
  const replica = new Replica({ store, clock: new ManualClock(), onChange: (name) => changed.push(name) });
  const answer = (read: number, value?: number) => answers[read]?.(value);
  const asked = (reads: number) => vi.waitFor(() => expect(answers).toHaveLength(reads));
  return { replica, changed, answer, asked, endLoad: (items: Item[]) => endLoad?.(items) };
}

describe('a replica', () => {
  it('keeps the answer of the read that began last, in whatever order the answers come', async () => {
    const { replica, answer } = slowReplica();
    const reads = [replica.refresh('a'), replica.refresh('a')];
    answer(1, 2);
    await reads[1];
    answer(0, 1);
    await reads[0];
    expect(replica.get('a')).toEqual({ name: 'a', value: 2 });
  });

  it('knows what a read brought although another has begun meanwhile', async () => {
    const { replica, answer } = slowReplica();
    const [first] = [replica.refresh('a'), replica.refresh('a')];
    answer(0, 1);
    await first;
    expect(replica.get('a')).toEqual({ name: 'a', value: 1 });
  });

  it('does not let a load undo what was read while it ran', async () => {
    const { replica, answer, asked, endLoad } = slowReplica();
    const first = replica.refresh('deleted');
    answer(0, 1);
    await first;
    const loading = replica.load();
    const reads = [replica.refresh('deleted'), replica.refresh('changed')];
    answer(1, undefined);
    answer(2, 2);
    await Promise.all(reads);
    endLoad([
      { name: 'changed', value: 1 },
      { name: 'deleted', value: 1 },
      { name: 'other', value: 1 },
    ]);
    await asked(5);
    answer(3, undefined);
    answer(4, 2);
    await loading;
    expect([...replica.values()]).toEqual([
      { name: 'changed', value: 2 },
      { name: 'other', value: 1 },
    ]);
  });

  it('knows all that there was when a load began, whatever an older read brings after', async () => {
    const { replica, answer, asked, endLoad } = slowReplica();
    const old = replica.refresh('a');
    const loading = replica.load();
    endLoad([{ name: 'a', value: 2 }]);
    await asked(2);
    answer(0, 1);
    await old;
    answer(1, 2);
    await loading;
    expect(replica.get('a')).toEqual({ name: 'a', value: 2 });
  });

  it('announces what a load changed, added and took away', async () => {
    const { replica, changed, endLoad } = slowReplica();
    const load = async (items: Item[]) => {
      const loading = replica.load();
      endLoad(items);
      await loading;
    };
    await load([
      { name: 'same', value: 1 },
      { name: 'changed', value: 1 },
      { name: 'gone', value: 1 },
    ]);
    changed.length = 0;
    await load([
      { name: 'same', value: 1 },
      { name: 'changed', value: 2 },
      { name: 'new', value: 1 },
    ]);
    expect(changed.sort()).toEqual(['changed', 'gone', 'new']);
  });
});
