import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Progress } from '../../../src/sweep/passes/progress.js';
import { type AdminFixture, type Answer, SHADOW, startAdmin } from './fixture.js';

let admin: AdminFixture;
beforeEach(async () => {
  admin = await startAdmin();
  await admin.ask('POST', '/buckets', { body: { name: 'photos', shadow: SHADOW } });
});
afterEach(() => admin.close());

const change = (body: object) => admin.ask('PATCH', '/buckets/photos', { body });
const messageOf = ({ json }: Answer) => (json.error as { message: string }).message;

describe('leaving a shadow', () => {
  const hasShadow = async () => (await admin.deps.buckets.get('photos'))?.shadow !== null;

  it('goes when nothing is left in it', async () => {
    expect((await change({ shadow: null })).json.shadow).toBeNull();
    expect(admin.calls.at(-1)).toBe('forget the passes over photos');
  });

  it('tells by what it is known that nothing is lost', async () => {
    admin.migrationIs({ objectsTotal: 3, objectsDone: 3, bytesTotal: 12, bytesDone: 12 });
    expect((await change({ shadow: null })).json.proof).toEqual({
      objects: 3,
      bytes: 12,
      by: 'listings',
      at: expect.any(String),
    });
  });

  it('is refused while it has another object than was copied, unless the target is to win', async () => {
    admin.migrationIs({ drifted: 2, firstDrifted: ['a', 'b'] });
    const answer = await change({ shadow: null });
    expect([answer.status, messageOf(answer)]).toEqual([
      409,
      'the shadow has another object than was copied for 2 objects: "a", "b"; sweep with --on-drift source-wins or target-wins first, or force',
    ]);
    expect(await hasShadow()).toBe(true);
  });

  it('is taken from a sweep that went through all of it where there is no time to count', async () => {
    const record = await admin.deps.buckets.get('photos');
    if (!record) throw new Error('no bucket');
    const { passes } = admin.deps.migrations;
    const pass = await passes.start({ id: record.id, name: 'photos' }, 'sweep');
    const total = { objects: 9, bytes: 90 };
    const done = { ...pass, state: 'done', finishedAt: Date.UTC(2026, 0, 1) } as const;
    const failed = { counts: { failed: { objects: 1, bytes: 1 } }, reasons: {} };
    const sweep = { pass: done, total, tally: failed } as unknown as Progress;
    admin.migrationIs({ exact: false, sweep });
    expect(messageOf(await change({ shadow: null }))).toContain('the last sweep left 1');
    admin.migrationIs({ exact: false, sweep: { ...sweep, tally: { counts: {}, reasons: {} } } });
    expect((await change({ shadow: null })).json.proof).toEqual({
      ...total,
      by: 'sweep',
      at: '2026-01-01T00:00:00.000Z',
    });
  });

  it('is asked for when it is drained: a sweep begins, and it stays until then, or until that is asked for no more', async () => {
    admin.migrationIs({ remaining: 5 });
    const { status, json } = await change({ when_drained: true });
    expect([status, json]).toMatchObject([200, { shadow: { clear_when_drained: true }, proof: null }]);
    expect((await admin.ask('GET', '/buckets/photos/sweep')).json).toMatchObject({ state: 'planning' });
    expect((await change({ when_drained: false })).json).toMatchObject({
      shadow: { clear_when_drained: false },
    });
  });

  it('is refused while it has objects of its own, with their number and the first keys', async () => {
    admin.migrationIs({ remaining: 4, firstRemaining: ['a', 'b "c"', 'd', 'e'] });
    const answer = await change({ shadow: null, public: true });
    expect(answer.status).toBe(409);
    expect(messageOf(answer)).toBe(
      'only the shadow has 4 objects: "a", "b \\"c\\"", "d", ...; copy what is left first, or force',
    );
    expect(await hasShadow()).toBe(true);
    expect((await admin.deps.buckets.get('photos'))?.public).toBe(false);
  });

  it('is refused when there was no time to count', async () => {
    admin.migrationIs({ exact: false });
    expect(messageOf(await change({ shadow: null }))).toContain('no time to count');
    admin.migrationIs({ exact: false, remaining: 1, firstRemaining: ['a'] });
    expect(messageOf(await change({ shadow: null }))).toContain('only the shadow has at least 1 object: "a"');
    expect(await hasShadow()).toBe(true);
  });

  it('is refused when a side cannot be counted, with the reason', async () => {
    admin.migrationIs({ exact: false, problem: 'backend shadow of photos gave no answer (connect)' });
    expect(messageOf(await change({ shadow: null }))).toBe(
      'what only the shadow has cannot be counted: backend shadow of photos gave no answer (connect); ' +
        'try again when it answers, or force',
    );
    expect(await hasShadow()).toBe(true);
  });

  it('for another one is refused all the same', async () => {
    admin.migrationIs({ remaining: 1, firstRemaining: ['a'] });
    expect((await change({ shadow: { ...SHADOW, name: 'other' } })).status).toBe(409);
    expect((await admin.deps.buckets.get('photos'))?.shadow?.place.bucket).toBe('photos');
  });

  it('goes by force', async () => {
    admin.migrationIs({ remaining: 1, firstRemaining: ['a'] });
    expect((await change({ shadow: null, force: true })).status).toBe(200);
    expect(await hasShadow()).toBe(false);
  });

  it('is refused while deletes are owed to it, with the reason', async () => {
    admin.migrationIs({ repairs: { count: 2, oldestSince: 0, lastError: 'status 403' } });
    expect(messageOf(await change({ shadow: null }))).toBe(
      'the shadow still owes 2 deletes (status 403); wait until they are made, or force',
    );
    expect(await hasShadow()).toBe(true);
  });

  it('is saved and goes on by itself when a gateway does not follow in time', async () => {
    admin.switching.stick();
    const { status, json } = await change({ shadow: null, wait_seconds: 0 });
    expect([status, json.shadow]).toMatchObject([200, { rung: 'read-through', aim: 'none' }]);
    expect((await admin.ask('GET', '/buckets/photos/status')).json.switching).toEqual({
      rung: 'read-through',
      aim: 'none',
      waiting_for: ['gateway b'],
    });
    expect((await change({ shadow: { ...SHADOW, name: 'other' }, wait_seconds: 0 })).status).toBe(409);
  });

  it('of a shadow that is written waits until no gateway writes it, and then counts', async () => {
    await change({ shadow: { write_through: true } });
    const rungs: (string | undefined)[] = [];
    const { migrations, buckets } = admin.deps;
    const survey = migrations.status;
    Object.assign(migrations, {
      status: async (...args: Parameters<typeof survey>) => {
        rungs.push((await buckets.get('photos'))?.shadow?.rung);
        return survey(...args);
      },
    });
    expect((await change({ shadow: null })).json.shadow).toBeNull();
    expect(rungs).toEqual(['write-through', 'exclusive']);
  });

  it.each(['because something would be lost', 'because a gateway does not follow'])(
    'of a shadow that is written leaves it written when it is refused %s',
    async (why) => {
      await change({ shadow: { write_through: true } });
      if (why.endsWith('follow')) admin.switching.stick();
      const { migrations } = admin.deps;
      const survey = migrations.status;
      let surveys = 0;
      Object.assign(migrations, {
        status: async (...args: Parameters<typeof survey>) => {
          surveys += 1;
          return { ...(await survey(...args)), remaining: surveys === 1 ? 0 : 1 };
        },
      });
      expect((await change({ shadow: null, wait_seconds: 0 })).status).toBe(409);
      expect((await admin.deps.buckets.get('photos'))?.shadow).toMatchObject({
        aim: 'write-through',
        writeThrough: true,
      });
    },
  );

  it('of a shadow that is written leaves alone what somebody else asks for meanwhile', async () => {
    await change({ shadow: { write_through: true } });
    const { migrations } = admin.deps;
    const survey = migrations.status;
    let surveys = 0;
    Object.assign(migrations, {
      async status(...args: Parameters<typeof survey>) {
        surveys += 1;
        if (surveys === 2) await change({ shadow: { write_through: false } });
        return { ...(await survey(...args)), remaining: surveys === 2 ? 1 : 0 };
      },
    });
    expect(messageOf(await change({ shadow: null }))).toContain('was changed meanwhile: try again');
    expect((await admin.deps.buckets.get('photos'))?.shadow).toMatchObject({
      aim: 'read-through',
      writeThrough: false,
    });
  });

  it('is refused when the shadow is written again while it is surveyed', async () => {
    const { migrations } = admin.deps;
    const survey = migrations.status;
    Object.assign(migrations, {
      async status(...args: Parameters<typeof survey>) {
        await change({ shadow: { write_through: true } });
        return survey(...args);
      },
    });
    expect((await change({ shadow: null })).status).toBe(409);
    expect((await admin.deps.buckets.get('photos'))?.shadow?.aim).toBe('write-through');
  });

  it('is refused when the shadow was exchanged while it was surveyed', async () => {
    const { migrations, buckets } = admin.deps;
    const survey = migrations.status;
    Object.assign(migrations, {
      status: async (...args: Parameters<typeof survey>) => {
        await buckets.update('photos', (record) => ({
          ...record,
          shadow: record.shadow && { ...record.shadow, since: '2030-01-01T00:00:00.000Z' },
        }));
        return survey(...args);
      },
    });
    expect((await change({ shadow: null })).status).toBe(409);
    expect(await hasShadow()).toBe(true);
  });
});
