import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { BucketRecord } from '../../../src/state/buckets.js';
import { AIMS } from '../../../src/state/rung.js';
import { bucketNamed } from '../../state/records.js';
import { Crew, type Member, type Work } from './crew.js';

const MEMBERS = ['one', 'two', 'three'] as const;

const member = fc.nat({ max: MEMBERS.length - 1 });
const event = fc.oneof(
  fc.record({
    kind: fc.constant('send'),
    member,
    operation: fc.constantFrom('GetObject', 'PutObject', 'DeleteObject'),
  }),
  fc.record({ kind: fc.constant('end'), request: fc.nat({ max: 9 }) }),
  fc.record({ kind: fc.constant('cut'), member }),
  fc.record({ kind: fc.constant('mend'), member }),
  fc.record({ kind: fc.constant('aim'), aim: fc.constantFrom(...AIMS) }),
  fc.record({ kind: fc.constant('pass'), ms: fc.constantFrom(50, 500, 1_500, 4_500) }),
);
type Event = typeof event extends fc.Arbitrary<infer E> ? E : never;

/**
 * What may still apply although `record` is served: nothing but of the rung before; and uploads that were there when the shadow was opened, on the
 * rung after that, be it up or down.
 */
function mayGoOn({ record: begun, operation }: Work, record: BucketRecord): boolean {
  const rungsBack = record.epoch - begun.epoch;
  const isOfOpening = operation === 'PutObject' && begun.shadow?.rung === 'target-only';
  const rung = record.shadow?.rung ?? 'none';
  return rungsBack <= 1 || (rungsBack === 2 && isOfOpening && ['read-through', 'target-only'].includes(rung));
}

async function play(events: readonly Event[]): Promise<void> {
  const crew = new Crew();
  await crew.buckets.create(bucketNamed('photos'));
  const members: Member[] = [];
  for (const id of MEMBERS) members.push(await crew.join(id));
  const skipped: string[] = [];
  crew.onOpen = (gateway, record) => {
    for (const work of crew.work) {
      if (mayGoOn(work, record)) continue;
      skipped.push(
        `${gateway} serves ${record.shadow?.rung}, ${work.gateway} may still ${work.operation} on ${work.record.shadow?.rung}`,
      );
    }
  };
  const ends: (() => void)[] = [];
  for (const happening of events) await happen(happening, { crew, members, ends });
  for (const end of ends) end();
  await crew.end();
  const { shadow, forgetting } = await crew.photos();
  expect({ skipped, rung: shadow?.rung, forgetting }).toEqual({
    skipped: [],
    rung: shadow?.aim,
    forgetting: false,
  });
}

interface Stage {
  readonly crew: Crew;
  readonly members: readonly Member[];
  readonly ends: (() => void)[];
}

async function happen(happening: Event, { crew, members, ends }: Stage): Promise<void> {
  if (happening.kind === 'send') {
    const sent = await members[happening.member]?.send(happening.operation);
    if (sent) ends.push(sent.end);
  } else if (happening.kind === 'end') ends[happening.request]?.();
  else if (happening.kind === 'cut') members[happening.member]?.kv.cut();
  else if (happening.kind === 'mend') members[happening.member]?.kv.mend();
  else if (happening.kind === 'aim') await crew.aim(happening.aim);
  else await crew.pass(happening.ms);
}

it('whatever happens, nothing that was begun two rungs before can apply, and the aim is reached in the end', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(event, { minLength: 10, maxLength: 40 }), (events) => play(events)),
    { numRuns: 100 },
  );
}, 120_000);
