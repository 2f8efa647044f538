import { describe, expect, it } from 'vitest';
import { explanationJson } from '../../../src/gateway/admin/comparison-views.js';
import type { Rung } from '../../../src/state/rung.js';
import { explainKey } from '../../../src/sweep/compare/explain.js';
import { systemClock } from '../../../src/system/clock.js';
import { type Moving, movingBucket } from '../../shadow/moving.js';

const signal = new AbortController().signal;

const explained = async ({ stores, ledger, from }: Moving, rung: Rung = 'read-through') => {
  const shadow = { store: stores.shadow, ledger, rung, provenance: true, from };
  const told = await explainKey('k', { target: stores.target, shadow, signal });
  return explanationJson('photos', told, systemClock.now());
};

async function inShadow(): Promise<Moving> {
  const moving = await movingBucket();
  await moving.shadow.put('k', 'abc');
  return moving;
}

describe('a GET of what the shadow alone has', () => {
  it.each([
    ['read-through', 'shadow', true],
    ['exclusive', 'shadow', true],
    ['write-through', 'shadow', true],
    ['opening', 'slow-down', false],
    ['target-only', 'not-found', false],
  ] as const)('would come to this on %s: %s', async (rung, answer, copies) => {
    expect((await explained(await inShadow(), rung)).get).toMatchObject({ answer, copies });
  });

  it('would not be copied while a write is under way, which is told', async () => {
    const moving = await inShadow();
    await moving.ledger.openIntent('k', 'exclusive');
    expect(await explained(moving)).toMatchObject({
      writes: [{ mode: 'exclusive', until: expect.any(String) }],
      get: { answer: 'shadow', copies: false, why: expect.stringContaining('a write of it is under way') },
    });
  });

  it('is what clients would see', async () => {
    const moving = await inShadow();
    expect((await explained(moving)).get.answer).toBe('shadow');
    expect(await moving.client.text('k')).toBe('abc');
    await moving.client.ask('DELETE', 'k');
    await moving.settled();
    expect((await explained(moving)).get.answer).toBe('not-found');
    expect(await moving.client.text('k')).toBeUndefined();
  });
});

describe('what is under way', () => {
  it('is told, as long as its lease lasts', async () => {
    const moving = await inShadow();
    const { token } = await moving.ledger.openCopy('k');
    expect((await explained(moving)).copies).toMatchObject([{ state: 'valid', in_parts: false }]);
    if (token) await moving.ledger.noteUpload(token, 'u');
    expect((await explained(moving)).copies).toMatchObject([{ in_parts: true }]);
    const told = await explainKey('k', {
      target: moving.stores.target,
      shadow: {
        store: moving.stores.shadow,
        ledger: moving.ledger,
        rung: 'read-through',
        provenance: true,
        from: moving.from,
      },
      signal,
    });
    expect(explanationJson('photos', told, systemClock.now() + 60_000).copies).toEqual([]);
  });

  it('of the shadow is owed to it', async () => {
    const moving = await movingBucket({
      onShadow: (service) => async (request) =>
        request.method === 'DELETE' ? { status: 503, headers: {} } : service(request),
    });
    await moving.shadow.put('k', 'abc');
    await moving.client.ask('DELETE', 'k');
    await moving.settled();
    expect(await explained(moving)).toMatchObject({
      where: 'shadow',
      tombstone: { shadow_delete: 'pending', attempts: 1, next_attempt: expect.any(String) },
      get: { answer: 'not-found', why: 'clients deleted it' },
    });
  });
});
