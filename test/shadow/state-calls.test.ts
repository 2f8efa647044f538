import { expect, it } from 'vitest';
import type { Kv } from '../../src/state/kv.js';
import { beforeEachCall } from '../support/before-each-call.js';
import { type Moving, type MovingOptions, movingBucket } from './moving.js';

/** How often a bucket's gateway asks the state while `ask` is answered. */
async function callsDuring(
  options: MovingOptions,
  prepare: (moving: Moving) => Promise<unknown>,
  ask: (moving: Moving) => Promise<{ status: number }>,
): Promise<number> {
  let calls = 0;
  const onState = (kv: Kv): Kv =>
    beforeEachCall(kv, () => {
      calls += 1;
    });
  const moving = await movingBucket({ ...options, onState });
  await prepare(moving);
  calls = 0;
  expect((await ask(moving)).status).toBe(200);
  return calls;
}

const nothing = async () => undefined;
const inTarget = ({ target }: Moving) => target.put('k', 'there');

it.each(['GET', 'HEAD'])('a %s that the target answers asks nothing of the state', async (method) => {
  for (const writeThrough of [false, true])
    expect(await callsDuring({ writeThrough }, inTarget, ({ client }) => client.ask(method, 'k'))).toBe(0);
});

it('nor does a PUT without write-through, on a target with conditional writes', async () => {
  for (const prepare of [nothing, inTarget])
    expect(await callsDuring({}, prepare, ({ client }) => client.put('k', 'new'))).toBe(0);
  const conditionalWrites = { put: true, complete: false, match: false };
  expect(await callsDuring({ conditionalWrites }, nothing, ({ client }) => client.put('k', 'new'))).toBe(0);
});

it.each([
  ['of a key that is new', nothing],
  ['of a key that was written before', ({ client }: Moving) => client.put('k', 'before')],
])('a PUT with write-through asks the state twice: %s', async (_, prepare) => {
  const put = ({ client }: Moving) => client.put('k', 'new');
  expect(await callsDuring({ writeThrough: true }, prepare, put)).toBe(2);
});
