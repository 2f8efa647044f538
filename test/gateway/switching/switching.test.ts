import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Ledger } from '../../../src/state/ledger.js';
import { bucketNamed } from '../../state/records.js';
import { Crew, type Member, SHORT } from './crew.js';

let crew: Crew;
let one: Member;
let two: Member;
/** The rungs that each gateway served the bucket on, in order. */
let rungs: Record<string, string[]>;

beforeEach(async () => {
  crew = new Crew();
  rungs = {};
  crew.onOpen = (gateway, { shadow }) => {
    const rung = shadow?.rung ?? 'none';
    const before = rungs[gateway] ?? [];
    if (before.at(-1) !== rung) rungs[gateway] = [...before, rung];
  };
  await crew.buckets.create(bucketNamed('photos'));
  one = await crew.join('one');
  two = await crew.join('two');
  // Both serve the bucket.
  for (const member of [one, two]) (await member.send('GetObject'))?.end();
});

afterEach(() => crew.end());

const rungNow = async () => (await crew.photos()).shadow?.rung ?? 'none';

describe('a switch', () => {
  it('goes over every rung, on every gateway', async () => {
    await crew.aim('write-through');
    await crew.pass(1_000);
    const up = ['none', 'target-only', 'opening', 'read-through', 'exclusive', 'write-through'];
    expect(rungs).toEqual({ one: up, two: up });
    rungs = {};
    await crew.aim('none');
    await crew.pass(1_000);
    const down = ['write-through', 'exclusive', 'target-only', 'none'];
    expect(rungs).toEqual({ one: down, two: down });
    expect(await crew.photos()).toMatchObject({ shadow: null, forgetting: false });
  });

  it('is settled once every gateway serves the bucket as it was asked for', async () => {
    const upload = await two.send('PutObject');
    await crew.aim('read-through');
    let settled: string | undefined;
    const waiting = one.switching.settled('photos', new AbortController().signal).then(({ shadow }) => {
      settled = shadow?.rung;
    });
    await crew.pass(2_000);
    expect(settled).toBeUndefined();
    expect(await one.switching.state(await crew.photos())).toMatchObject({
      state: 'switching',
      rung: 'target-only',
      aim: 'read-through',
      waitingFor: ['gateway two'],
    });
    upload?.end();
    await crew.pass(1_000);
    await waiting;
    expect(settled).toBe('read-through');
    expect(await two.switching.state(await crew.photos())).toEqual({ state: 'settled' });
  });

  it('waits for a request of the rung before last, wherever it is, and tells so once', async () => {
    await crew.aim('read-through');
    await crew.pass(1_000);
    const upload = await two.send('PutObject');
    await crew.aim('write-through');
    await crew.pass(20_000);
    expect(await rungNow()).toBe('exclusive');
    const told = crew.logged.filter(({ msg }) => msg === 'the switch of a bucket waits');
    expect(told.map(({ waitingFor }) => waitingFor)).toEqual([['gateway two'], ['gateway two']]);
    upload?.end();
    await crew.pass(1_000);
    expect(await rungNow()).toBe('write-through');
  });

  it('does not keep misses unanswered for the length of an upload', async () => {
    await crew.aim('none');
    const first = await two.send('PutObject');
    await crew.aim('read-through');
    await crew.pass(1_000);
    expect(await rungNow()).toBe('target-only');
    const second = await two.send('PutObject');
    first?.end();
    await crew.pass(1_000);
    expect(await rungNow()).toBe('read-through');
    expect(await one.switching.state(await crew.photos())).toMatchObject({ waitingFor: ['gateway two'] });
    second?.end();
    await crew.pass(1_000);
    expect(await one.switching.state(await crew.photos())).toEqual({ state: 'settled' });
  });

  it('waits for writes that are open in the ledger', async () => {
    await crew.aim('read-through');
    await crew.pass(1_000);
    const { id, epoch } = await crew.photos();
    const ledger = new Ledger(crew.kv, id, crew.clock, { times: SHORT, epoch });
    const intent = await ledger.openIntent('key', 'exclusive');
    await crew.aim('write-through');
    await crew.pass(3_000);
    expect(await rungNow()).toBe('exclusive');
    expect(await one.switching.state(await crew.photos())).toMatchObject({
      waitingFor: ['writes that are not settled yet'],
    });
    await ledger.closeIntent(intent);
    await crew.pass(1_500);
    expect(await rungNow()).toBe('write-through');
  });

  it('waits for a gateway that has died until its lease is over, and no longer', async () => {
    two.kv.cut();
    await crew.aim('read-through');
    await crew.pass(2_500);
    expect(await rungNow()).toBe('target-only');
    await crew.pass(SHORT.leaseMs);
    expect(await rungNow()).toBe('read-through');
  });

  it('does not wait for a gateway that has gone in good order', async () => {
    await two.leave();
    await crew.aim('read-through');
    await crew.pass(1_000);
    expect(await rungNow()).toBe('read-through');
  });

  it('waits for a gateway that comes in the middle of it', async () => {
    const upload = await two.send('PutObject');
    await crew.aim('read-through');
    await crew.pass(1_000);
    const three = await crew.join('three');
    upload?.end();
    await crew.pass(1_000);
    expect(rungs.three).toEqual(['target-only', 'opening', 'read-through']);
    expect(await three.switching.state(await crew.photos())).toEqual({ state: 'settled' });
  });

  it('is turned round in the middle', async () => {
    await crew.aim('read-through');
    await crew.pass(1_000);
    const upload = await two.send('PutObject');
    await crew.aim('write-through');
    await crew.pass(1_000);
    await crew.aim('read-through');
    upload?.end();
    await crew.pass(1_000);
    expect(rungs.one?.slice(-3)).toEqual(['read-through', 'exclusive', 'read-through']);
  });

  it('goes on when the state comes back', async () => {
    crew.kv.breakDown();
    await crew.pass(1_000);
    crew.kv.comeBack();
    await crew.aim('read-through');
    one.kv.cut();
    two.kv.cut();
    await crew.pass(1_000);
    one.kv.mend();
    two.kv.mend();
    await crew.pass(2_500);
    expect(await rungNow()).toBe('read-through');
  });

  it('of a bucket that goes meanwhile ends with it', async () => {
    const upload = await two.send('PutObject');
    await crew.aim('read-through');
    const outcome = one.switching.settled('photos', new AbortController().signal).catch(({ code }) => code);
    await crew.buckets.delete('photos');
    await crew.pass(1_000);
    expect(await outcome).toBe('NoSuchBucket');
    upload?.end();
  });
});

describe('a shadow that is cleared', () => {
  it('is forgotten only when no gateway asks for its tombstones any more', async () => {
    await crew.aim('read-through');
    await crew.pass(1_000);
    const { id } = await crew.photos();
    const ledger = new Ledger(crew.kv, id, crew.clock);
    await ledger.bury('deleted', 'kept');
    await crew.aim('none');
    // Serves on the last rung before the shadow goes.
    const upload = await two.send('PutObject');
    await crew.pass(3_000);
    expect(await crew.photos()).toMatchObject({ shadow: null, forgetting: true });
    expect(await ledger.isDeleted('deleted')).toBe(true);
    upload?.end();
    await crew.pass(1_000);
    expect(await crew.photos()).toMatchObject({ forgetting: false });
    expect(crew.kv.has(`key/${id}/`)).toBe(false);
  });

  it('is not forgotten once more by a gateway that comes late, when there is another shadow', async () => {
    await crew.aim('read-through');
    await crew.pass(1_000);
    const { id } = await crew.photos();
    const ledger = new Ledger(crew.kv, id, crew.clock);
    await ledger.bury('key', 'kept');
    const release = holdUp(two, `key/${id}/`);
    await crew.aim('none');
    await crew.pass(1_000);
    expect(await crew.photos()).toMatchObject({ forgetting: false });
    await crew.aim('read-through');
    await crew.pass(1_000);
    await ledger.bury('key', 'kept');
    release();
    await crew.pass(1_000);
    expect(await ledger.isDeleted('key')).toBe(true);
  });
});

/** Keeps a gateway from going on with what it has listed. */
function holdUp({ kv }: Member, prefix: string): () => void {
  const list = kv.list.bind(kv);
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  kv.list = async (range) => {
    const found = await list(range);
    if (range.prefix === prefix) await released;
    return found;
  };
  return release;
}
