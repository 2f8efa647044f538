import { beforeEach, describe, expect, it, vi } from 'vitest';
import { KvUnavailable } from '../../src/state/kv.js';
import { type CopyToken, KeyBusy, type Ledger } from '../../src/state/ledger.js';
import { longestRequestMs, TIMES } from '../../src/system/times.js';
import { type TemporaryLedger, temporaryLedger } from './temporary-ledger.js';

const KEY = 'photos/ß 🌘/';

let fixture: TemporaryLedger;
let ledger: Ledger;

beforeEach(async () => {
  fixture = await temporaryLedger();
  ledger = fixture.ledger;
});

describe('a lease', () => {
  it('is prolonged before a request that it would not outlast, and only then', async () => {
    const intent = await ledger.openIntent(KEY, 'exclusive');
    const { until } = intent;
    expect(await ledger.secureIntent(intent)).toBe(true);
    expect(intent.until).toBe(until);
    fixture.pass(TIMES.leaseMs - longestRequestMs(TIMES));
    expect(await ledger.secureIntent(intent)).toBe(true);
    expect(intent.until).toBeGreaterThan(until);
    expect((await ledger.record(KEY)).intents).toMatchObject([{ id: intent.id, until: intent.until }]);
  });

  it('of which another has taken the place allows nothing any more', async () => {
    const intent = await ledger.openIntent(KEY, 'exclusive');
    fixture.pass(TIMES.leaseMs + 1);
    await ledger.adoptDeadIntent(KEY);
    expect(await ledger.secureIntent(intent)).toBe(false);
  });

  it('is not taken for prolonged when the state did not say so', async () => {
    const intent = await ledger.openIntent(KEY, 'exclusive');
    fixture.pass(TIMES.leaseMs - 1);
    const { until } = intent;
    const commit = vi.spyOn(fixture.kv, 'commit').mockRejectedValue(new KvUnavailable('cut'));
    await expect(ledger.secureIntent(intent)).rejects.toBeInstanceOf(KvUnavailable);
    commit.mockRestore();
    expect(intent.until).toBe(until);
  });

  it('of a copy allows no release when the state took too long to grant it', async () => {
    const token = await fixture.tokenOf(KEY);
    const { commit } = fixture.kv;
    const slow = vi.spyOn(fixture.kv, 'commit').mockImplementation(async (wanted) => {
      const version = await commit.call(fixture.kv, wanted);
      fixture.pass(TIMES.leaseMs - longestRequestMs(TIMES));
      return version;
    });
    expect(await ledger.beginCommit(token)).toBe(false);
    slow.mockRestore();
  });

  it('of a copy is prolonged for as long as no writer comes in between', async () => {
    const token = await fixture.tokenOf(KEY);
    fixture.pass(TIMES.leaseMs - 1);
    expect(await ledger.renewToken(token)).toBe(true);
    fixture.pass(TIMES.leaseMs - 1);
    expect(await ledger.beginCommit(token)).toBe(true);
    const other = await fixture.tokenOf('other');
    await ledger.bury('other', 'kept');
    expect(await ledger.renewToken(other)).toBe(false);
  });
});

describe('a copy in parts', () => {
  it('stays, void or committing, until its upload was seen to, however late', async () => {
    const token = await fixture.tokenOf(KEY);
    expect(await ledger.noteUpload(token, 'upload-1')).toBe(true);
    expect(await fixture.openKeys()).toEqual([KEY]);
    await ledger.beginCommit(token);
    fixture.pass(TIMES.leaseMs + 1);
    await expect(ledger.bury(KEY, 'pending')).rejects.toBeInstanceOf(KeyBusy);
    expect(await fixture.dueKeys()).toEqual([KEY]);
    expect((await ledger.tidy(KEY)).copies).toMatchObject([{ state: 'committing', uploadId: 'upload-1' }]);
    await ledger.dropToken(token);
    expect(await fixture.stored()).toEqual([]);
  });

  it('whose token is void begins no upload', async () => {
    const token = await fixture.tokenOf(KEY);
    await ledger.bury(KEY, 'kept');
    expect(await ledger.noteUpload(token, 'upload-1')).toBe(false);
  });
});

describe('the upload of a copy that died', () => {
  const RESUMABLE = { of: 'source and parts', digests: true, checksum: false };
  const LEFT = { uploadId: 'upload-1', ...RESUMABLE };

  async function died(): Promise<CopyToken> {
    const token = await fixture.tokenOf(KEY);
    await ledger.noteUpload(token, 'upload-1', RESUMABLE);
    fixture.pass(TIMES.leaseMs + 1);
    return token;
  }

  it('goes on under another id, and whoever held it commits nothing any more', async () => {
    const dead = await died();
    const { token } = await ledger.openCopy(KEY);
    expect(token?.left).toEqual(LEFT);
    expect((await ledger.record(KEY)).copies).toMatchObject([{ id: token?.id, uploadId: 'upload-1' }]);
    expect(await ledger.beginCommit(dead)).toBe(false);
    expect(await ledger.leaveUpload(dead)).toBe(false);
    expect(await ledger.holds(dead)).toBe(false);
    expect(token && (await ledger.beginCommit(token))).toBe(true);
  });

  it('goes on once', async () => {
    await died();
    const tokens = await Promise.all([ledger, fixture.another({})].map((each) => each.openCopy(KEY)));
    expect(tokens.filter(({ token }) => token?.left)).toHaveLength(1);
    expect((await ledger.record(KEY)).copies).toHaveLength(2);
  });

  it("is nobody else's while its holder is in time, unless that leaves it", async () => {
    const token = await fixture.tokenOf(KEY);
    await ledger.noteUpload(token, 'upload-1', RESUMABLE);
    expect((await ledger.openCopy(KEY)).token?.left).toBeUndefined();
    expect(await ledger.leaveUpload(token)).toBe(true);
    expect((await ledger.openCopy(KEY)).token?.left).toEqual(LEFT);
  });

  it.each([
    ['was deleted since', () => ledger.bury(KEY, 'kept')],
    ['is being written', () => ledger.openIntent(KEY, 'shared')],
    ['was written since', async () => ledger.closeIntent(await ledger.openIntent(KEY, 'shared'))],
    ['is being committed', async (dead: CopyToken) => ledger.beginCommit(dead)],
    ['is older than a day', async () => fixture.pass(24 * 3_600_000)],
  ])('does not go on where the key %s', async (_, act) => {
    await act(await died());
    expect((await ledger.openCopy(KEY)).token?.left).toBeUndefined();
  });

  it('does not go on upon another rung', async () => {
    await died();
    expect((await fixture.another({ epoch: 1 }).openCopy(KEY)).token?.left).toBeUndefined();
  });

  it('does not go on where nobody noted what it was begun for', async () => {
    await ledger.noteUpload(await fixture.tokenOf(KEY), 'upload-1');
    fixture.pass(TIMES.leaseMs + 1);
    expect((await ledger.openCopy(KEY)).token?.left).toBeUndefined();
  });
});

describe('the end of a rung', () => {
  const onRung = (epoch: number) => fixture.another({ epoch });

  it('waits for intents, committing copies and uploads of older ones', async () => {
    const older = onRung(3);
    expect(await older.hasOpenBefore(4)).toBe(false);
    const intent = await older.openIntent('written', 'shared');
    expect(await ledger.hasOpenBefore(3)).toBe(false);
    expect(await ledger.hasOpenBefore(4)).toBe(true);
    await older.closeIntent(intent);
    const { token } = await older.openCopy('copied');
    if (!token) throw new Error('no token was given');
    expect(await ledger.hasOpenBefore(4)).toBe(false);
    await older.noteUpload(token, 'upload-1');
    expect(await ledger.hasOpenBefore(4)).toBe(true);
    await older.dropToken(token);
    await older.bury('deleted', 'pending');
    expect(await ledger.hasOpenBefore(4)).toBe(false);
  });

  it('waits for the intent of a dead writer until it is settled, on whichever rung it is', async () => {
    await onRung(3).openIntent(KEY, 'exclusive');
    fixture.pass(TIMES.leaseMs + 1);
    const newer = onRung(4);
    const adopted = await newer.adoptDeadIntent(KEY);
    if (!adopted) throw new Error('the intent was not taken over');
    expect(await ledger.hasOpenBefore(4)).toBe(true);
    expect(await newer.renewIntent(adopted)).toBe(true);
    expect(await ledger.hasOpenBefore(4)).toBe(true);
    await newer.closeIntent(adopted);
    expect(await ledger.hasOpenBefore(4)).toBe(false);
  });

  it('does not wait for what was begun on the next', async () => {
    await onRung(4).openIntent(KEY, 'exclusive');
    expect(await ledger.hasOpenBefore(4)).toBe(false);
  });
});
