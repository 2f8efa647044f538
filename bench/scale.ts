import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { serve, storage } from '../demo/processes.js';
import type { Pass } from '../src/state/passes/pass-record.js';
import { Passes } from '../src/state/passes/passes.js';
import { countOf } from '../src/state/passes/tally.js';
import { MAX_RANGES } from '../src/sweep/plan/plan-ranges.js';
import { systemClock } from '../src/system/clock.js';
import { ADMIN, configure, shadowFlags } from './mover.js';
import { cpuSecondsOf, residentMiB } from './process-stats.js';
import { bytesOf, embeddedState, redisState, type ScaleState } from './scale-state.js';
import { type StoreProcess, startStoreProcess } from './store-process.js';

const KEYS = Number(process.env.SCALE_KEYS ?? 2_000_000);
/** One key in so many is missing in the target. */
const MISSING = 100;
const MANY = 1_000_000_000;
const PAGE = 1_000;
const SAMPLE_MS = 1_000;
const SAMPLES_TOLD = 16;
const MEBIBYTE = 1024 * 1024;

/** What has to hold of each run: bytes of state, the largest range to the mean, memory in the last quarter to the second, when all is warm. */
const MOST_STATE = 10 * MEBIBYTE;
const MOST_UNEVEN = 2;
const MOST_GROWTH = 1.25;

/** Names that are spread evenly and names that are not, each over one of the two states. */
const RUNS: readonly Run[] = [
  { shape: 'uuids', openState: embeddedState },
  { shape: 'dates and hosts', openState: redisState },
];

interface Run {
  readonly shape: string;
  readonly openState: (data: string) => Promise<ScaleState>;
}

interface Sample {
  readonly rss: number;
  readonly state: number;
  readonly taken: number;
}

/** What one pass came to. */
interface Gone {
  readonly pass: Pass;
  readonly seconds: number;
  /** Of the mover, user and system. */
  readonly cpuSeconds: number;
  readonly samples: readonly Sample[];
}

/** What a sweep came to, and one more of the same bucket, which finds nothing to copy. */
interface Swept extends Gone {
  readonly again: Gone;
  /** Keys of each range that was gone through in one go. */
  readonly ranges: readonly number[];
  readonly planned: number;
  /** List calls to both stores, of one sweep. */
  readonly listCalls: number;
}

/** Sweeps of many computed keys, each by a gateway of its own. `SCALE_KEYS` says how many. */
export async function sweepAtScale(): Promise<string[]> {
  const lines: string[] = [];
  for (const run of RUNS) {
    const folder = await mkdtemp(join(tmpdir(), 'penumbra-bench-'));
    try {
      lines.push(...(await measure(run, folder)));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
  return lines;
}

async function measure({ shape, openState }: Run, folder: string): Promise<string[]> {
  const start = (...lacking: string[]) =>
    startStoreProcess('./procedural/procedural-process.js', [shape, String(KEYS), ...lacking]);
  const state = await openState(join(folder, 'mover'));
  const [from, to] = [await start(), await start(String(MISSING))];
  let result: Swept;
  try {
    result = await sweep(state, { from, to }, folder);
  } finally {
    await state.close();
  }
  return [
    `${shape}, ${grouped(KEYS)} keys, 1 in ${MISSING} missing in the target, ${state.name}, ${availableParallelism()} cores:`,
    ...told(result).map((line) => `  ${line}`),
  ];
}

interface Stores {
  readonly from: StoreProcess;
  readonly to: StoreProcess;
}

/** By a gateway of its own, from the start to the end; then all are stopped. */
async function sweep(state: ScaleState, { from, to }: Stores, folder: string): Promise<Swept> {
  const config = await configure(to, folder);
  const env = { ...ADMIN, PENUMBRA_LOG_LEVEL: 'debug' };
  const mover = await serve('mover', folder, env, ['--config', config, ...state.flags]);
  const cli = { ...ADMIN, PENUMBRA_URL: mover.url };
  const go = async (number: number): Promise<Gone> => {
    const [before, begun] = [await cpuSecondsOf(mover.pid), performance.now()];
    await storage(['sweep', 'scale', 'start'], cli);
    const { pass, samples } = await watch(state, { pid: mover.pid, number });
    const seconds = (performance.now() - begun) / 1_000;
    return { pass, samples, seconds, cpuSeconds: (await cpuSecondsOf(mover.pid)) - before };
  };
  let gone: readonly [Gone, Gone];
  let said: string[];
  try {
    await storage(['create', '-n', 'scale', ...shadowFlags(from, 'scale')], cli);
    gone = [await go(1), await go(2)];
  } finally {
    await mover.stop();
    said = await Promise.all([from.stop(), to.stop()]);
  }
  const [source, target] = said.map((line) => JSON.parse(line));
  if (target.objects !== KEYS) throw new Error(`the target has ${target.objects} of ${KEYS} objects`);
  const listCalls = (source.requests.ListObjectsV2 + target.requests.ListObjectsV2) / 2;
  const [first, again] = gone;
  return { ...first, again, listCalls, ...(await readLog(join(folder, 'mover.log'))) };
}

/** Looks at a pass from beside it until it is done. */
async function watch(
  { kv, taken }: ScaleState,
  { pid, number }: { readonly pid: number; readonly number: number },
): Promise<Pick<Gone, 'pass' | 'samples'>> {
  const passes = new Passes(kv, systemClock);
  const samples: Sample[] = [];
  for (;;) {
    await systemClock.sleep(SAMPLE_MS);
    const [rss, state] = [await residentMiB(pid, 'VmRSS'), await bytesOf(kv)];
    samples.push({ rss, state, taken: await taken() });
    const [pass] = await passes.all();
    if (pass?.state === 'done' && pass.number === number) return { pass, samples };
  }
}

/** What a mover tells of the ranges of its first pass: how many were planned, and of each that was gone through the keys. */
async function readLog(path: string): Promise<Pick<Swept, 'ranges' | 'planned'>> {
  const ranges: number[] = [];
  let planned = 0;
  for (const line of (await readFile(path, 'utf8')).split('\n')) {
    if (!line.startsWith('{')) continue;
    const { msg, ...of } = JSON.parse(line);
    if (msg === 'a pass is planned') {
      if (planned > 0) break;
      planned = of.ranges;
    }
    if (msg === 'a range was gone through') ranges.push(of.keys);
  }
  return { ranges, planned };
}

function told(swept: Swept): string[] {
  const { pass, seconds, listCalls, ranges, planned, again } = swept;
  const samples = [...swept.samples, ...again.samples];
  const copied = countOf(pass.tally, 'copied').objects;
  const listing = again.cpuSeconds / KEYS;
  const copying = (swept.cpuSeconds - again.cpuSeconds) / copied;
  const mean = KEYS / ranges.length;
  const uneven = Math.max(...ranges) / mean;
  const growth = meanOf(quarter(samples, 3)) / meanOf(quarter(samples, 1));
  const state = Math.max(...samples.map((sample) => sample.state));
  if (state > MOST_STATE || uneven > MOST_UNEVEN || growth > MOST_GROWTH) process.exitCode = 1;
  return [
    `${seconds.toFixed(0)} s, ${grouped(KEYS / seconds)} keys/s, ${grouped(copied)} objects copied, ${grouped(listCalls)} list calls`,
    `once more, with nothing to copy: ${again.seconds.toFixed(0)} s`,
    `CPU of the mover: ${(listing * 1e6).toFixed(1)} us for a key that both list, ${(copying * 1e3).toFixed(2)} ms more for one that is copied`,
    `its memory over both sweeps, MiB: ${spread(samples).join(' ')}; the last quarter ${growth.toFixed(2)} of the second (limit ${MOST_GROWTH})`,
    `ranges: ${planned} planned, ${ranges.length} gone through, the largest ${grouped(Math.max(...ranges))} keys, ${uneven.toFixed(2)} of the mean (limit ${MOST_UNEVEN})`,
    `state: ${grouped(state)} bytes at its peak (limit ${grouped(MOST_STATE)}), taking ${grouped(Math.max(...samples.map(({ taken }) => taken)))}`,
    extrapolated(swept, state),
  ];
}

/** At this rate. What is beyond a call for each page (plans, cuts, the ends of ranges), and the state, go by the number of ranges. */
function extrapolated({ seconds, ranges, listCalls, planned }: Swept, state: number): string {
  const more = MAX_RANGES / planned;
  const calls = (2 * MANY) / PAGE + (listCalls - (2 * KEYS) / PAGE) * more;
  const hours = (seconds * MANY) / KEYS / 3_600;
  return `10^9 keys: ${grouped(calls)} list calls, ${hours.toFixed(1)} h, ${grouped(ranges.length * more)} ranges, ${grouped(state * more)} bytes of state`;
}

/** From 0 to 3. */
const quarter = (samples: readonly Sample[], index: number): readonly Sample[] =>
  samples.slice(Math.floor((index * samples.length) / 4), Math.ceil(((index + 1) * samples.length) / 4));

const meanOf = (samples: readonly Sample[]): number =>
  samples.reduce((sum, { rss }) => sum + rss, 0) / samples.length;

/** Some of them, spread over the time. */
const spread = (samples: readonly Sample[]): string[] =>
  Array.from({ length: Math.min(SAMPLES_TOLD, samples.length) }, (_, index, { length } = samples) =>
    (samples[Math.floor((index * (length - 1)) / (SAMPLES_TOLD - 1))]?.rss ?? 0).toFixed(0),
  );

const grouped = (count: number): string => Math.round(count).toLocaleString('en');
