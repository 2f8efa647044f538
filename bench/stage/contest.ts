import { cpuSecondsOfTree, peakMiBOfTree } from '../process-stats.js';
import type { Borne } from './load.js';

/** One of those that are compared: what bears its load, and the process whose CPU that costs. */
export interface Contestant {
  /** Of the process that does the work; its children count as well. Without it no CPU is told. */
  readonly pid?: number;
  bear(): Promise<Borne>;
}

/** One round of one contestant. */
export interface Round {
  readonly requestsPerSecond: number;
  readonly mebibytesPerSecond: number;
  /** Microseconds, user and system. */
  readonly cpuPerRequest: number;
  /** Milliseconds of CPU for 2^30 bytes of answers. */
  readonly cpuPerGibibyte: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Of the process since it began. */
  readonly peakMiB: number;
}

/** A number of every round, in their order. */
export type Figure = keyof Round;

export type Rounds = Readonly<Record<Figure, readonly number[]>>;

const ROUNDS = 3;
const MEBIBYTE = 1024 * 1024;

/** All contestants one after the other, and so again: what the machine does meanwhile befalls each. Before it counts each runs once. */
export async function contest<Name extends string>(
  contestants: Readonly<Record<Name, Contestant>>,
  rounds = ROUNDS,
): Promise<Record<Name, Rounds>> {
  const entries = Object.entries<Contestant>(contestants);
  const results = new Map(entries.map(([name]) => [name, [] as Round[]]));
  for (let round = 0; round <= rounds; round += 1)
    for (const [name, contestant] of entries) {
      const measured = await measure(contestant);
      if (round > 0) results.get(name)?.push(measured);
    }
  return Object.fromEntries([...results].map(([name, all]) => [name, byFigure(all)])) as Record<Name, Rounds>;
}

async function measure({ pid, bear }: Contestant): Promise<Round> {
  const before = pid === undefined ? 0 : await cpuSecondsOfTree(pid);
  const { requests, seconds, bytes, p50Ms, p99Ms } = await bear();
  const cpu = pid === undefined ? 0 : (await cpuSecondsOfTree(pid)) - before;
  return {
    requestsPerSecond: requests / seconds,
    mebibytesPerSecond: bytes / MEBIBYTE / seconds,
    cpuPerRequest: (cpu * 1e6) / requests,
    cpuPerGibibyte: (cpu * 1e3 * 1024) / (bytes / MEBIBYTE),
    p50Ms,
    p99Ms,
    peakMiB: pid === undefined ? 0 : await peakMiBOfTree(pid),
  };
}

function byFigure(rounds: readonly Round[]): Rounds {
  const of = (figure: Figure) => rounds.map((round) => round[figure]);
  return {
    requestsPerSecond: of('requestsPerSecond'),
    mebibytesPerSecond: of('mebibytesPerSecond'),
    cpuPerRequest: of('cpuPerRequest'),
    cpuPerGibibyte: of('cpuPerGibibyte'),
    p50Ms: of('p50Ms'),
    p99Ms: of('p99Ms'),
    peakMiB: of('peakMiB'),
  };
}
