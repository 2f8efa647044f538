import pLimit from 'p-limit';
import { describe, expect, it } from 'vitest';
import type { JobStatus } from '../../src/state/jobs/job-record.js';
import { isDeclared } from '../../src/state/place.js';
import { systemClock } from '../../src/system/clock.js';
import { type Member, NEW, OLD, openWorld, recordOf, type World, withBucket } from './world.js';

const OBJECTS: Readonly<Record<string, string>> = { a: 'one', b: 'two', c: 'three', d: 'four' };

/** The so-manieth commit that writes a job: the gateway dies before it is made, or when it is made and nobody was told. */
interface Death {
  readonly commit: number;
  readonly when: 'before' | 'after';
}

/** A gateway that works on jobs until its death. */
async function mortal(world: World, death: Death): Promise<{ readonly member: Member; isDead(): boolean }> {
  let [commits, isDead] = [0, false];
  const member: Member = await world.join({
    onCommit({ sets = [] }, when) {
      if (!sets.some(({ key }) => key.startsWith('job/'))) return;
      if (when === 'before') commits += 1;
      if (commits !== death.commit || when !== death.when) return;
      isDead = true;
      member.kill();
      throw new Error('killed');
    },
  });
  return { member, isDead: () => isDead };
}

/** What a client was told last of each key: null that it is gone, undefined that nobody knows. */
type Told = Map<string, string | null | undefined>;

/** Writes, reads and deletes keys through a gateway until it is told to stop. */
function client(member: Member) {
  const told: Told = new Map();
  const wrong: unknown[] = [];
  let isOver = false;
  async function write(key: string, text: string | null): Promise<void> {
    const asked =
      text === null
        ? member.ask('DeleteObject', 'DELETE', { key })
        : member.ask('PutObject', 'PUT', { key, body: text });
    const answer = await asked.catch(() => 'no answer');
    if (answer === 200 || answer === 204) told.set(key, text);
    // What is refused by the gate or for another writer is not carried out.
    else if (answer !== 'SlowDown') told.set(key, undefined);
  }
  async function read(key: string): Promise<void> {
    const seen = await member.text(key).catch(() => 503);
    const wanted = told.get(key);
    const isTold = wanted !== undefined && seen !== 503;
    if (isTold && seen !== (wanted ?? 404)) wrong.push([key, seen, wanted]);
  }
  async function live(): Promise<void> {
    for (let turn = 0; !isOver; turn += 1) {
      const key = turn % 3 === 0 ? 'a' : `client-${turn % 5}`;
      await write(key, turn % 4 === 3 ? null : `text ${turn}`);
      await read(key);
      await systemClock.sleep(10);
    }
  }
  const living = live();
  return {
    told,
    async end() {
      isOver = true;
      await living;
      expect(wrong).toEqual([]);
    },
  };
}

const PATIENCE_MS = 60_000;
const OVER: readonly JobStatus[] = ['succeeded', 'completed_with_errors', 'failed', 'cancelled'];

async function ended({ parts }: Member, id: number): Promise<string> {
  const deadline = systemClock.now() + PATIENCE_MS;
  for (;;) {
    const { status, phase, lastError } = await parts.jobs.get(id);
    if (OVER.includes(status)) return status;
    if (systemClock.now() > deadline) return `still ${status} (${phase}): ${lastError}`;
    await systemClock.sleep(20);
  }
}

/** The place that counts has all that clients were told, and nothing else; nothing of the job is left. */
async function expectWhole(world: World, member: Member, told: Told): Promise<void> {
  const { target, shadow, job } = await recordOf(member);
  expect([shadow, job]).toEqual([null, undefined]);
  const isNew = isDeclared(target) && target.backend === NEW.backend;
  const all = await world.stores[isNew ? 'new' : 'old'].all();
  for (const key of new Set([...Object.keys(OBJECTS), ...told.keys(), ...Object.keys(all)])) {
    if (told.has(key) && told.get(key) === undefined) continue;
    const wanted = told.has(key) ? told.get(key) : OBJECTS[key];
    expect([key, all[key]]).toEqual([key, wanted ?? undefined]);
  }
}

interface Story {
  readonly writes: 'gate' | 'live';
  readonly death: Death;
  /** What else is asked for once the job has begun, of the gateway that lives. */
  readonly then?: (member: Member, id: number) => Promise<unknown>;
}

/** A job on a gateway that dies, beside one that serves clients and works on no jobs; a third one comes then. */
async function tell({ writes, death, then = async () => undefined }: Story) {
  const world = await openWorld();
  try {
    const living = await withBucket(world, OBJECTS);
    await living.parts.jobDriver.stop();
    const dying = await mortal(world, death);
    const writer = client(living);
    const wish = { to: NEW, writes };
    const begun = dying.member.parts.jobs.start(await recordOf(living), wish);
    await begun.catch(() => undefined);
    const [job] = (await living.parts.jobs.list({ limit: 1 })).items;
    if (job) await then(living, job.id);
    const deadline = systemClock.now() + 20_000;
    while (!dying.isDead() && (await recordOf(living)).job && systemClock.now() < deadline)
      await systemClock.sleep(10);
    const heir = await world.join();
    const status = job ? await ended(heir, job.id) : 'not begun';
    await systemClock.sleep(50);
    await writer.end();
    await expectWhole(world, living, writer.told);
    return { death, isDead: dying.isDead(), status, target: (await recordOf(living)).target };
  } finally {
    await world.close();
  }
}

const deaths = (commits: number, when: readonly Death['when'][]): Death[] =>
  Array.from({ length: commits }, (_, index) => index + 1).flatMap((commit) =>
    when.map((one) => ({ commit, when: one })),
  );

/** Most of a story is to wait for leases. */
const AT_ONCE = 12;

async function tellAll(stories: readonly Story[]) {
  const limit = pLimit(AT_ONCE);
  return Promise.all(stories.map((story) => limit(tell, story)));
}

/** `npm test` has no time for all of them. */
const WHEN: readonly Death['when'][] = process.env.JOB_DEATHS === 'all' ? ['before', 'after'] : ['after'];

describe.each(['gate', 'live'] as const)(
  'a job with writes "%s" whose gateway is killed at any of its commits',
  (writes) => {
    it('is ended by the next gateway, and no write that was answered is lost', async () => {
      const told = await tellAll(deaths(12, WHEN).map((death) => ({ writes, death })));
      for (const { death, status, target } of told) {
        const outcome = status === 'succeeded' ? NEW : OLD;
        expect([death, status, target]).toEqual([
          death,
          expect.stringMatching(/^(succeeded|not begun)$/),
          outcome,
        ]);
      }
      expect(told.filter(({ isDead }) => isDead).length).toBeGreaterThanOrEqual(8 * WHEN.length);
    }, 240_000);

    it('and that was cancelled is as it was', async () => {
      const then: Story['then'] = ({ parts }, id) => parts.jobs.cancel(id);
      const told = await tellAll(deaths(6, WHEN).map((death) => ({ writes, death, then })));
      for (const { death, status, target } of told)
        expect([death, status, target]).toEqual([
          death,
          expect.stringMatching(/^(cancelled|not begun)$/),
          OLD,
        ]);
    }, 240_000);
  },
);
