import { spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once, setMaxListeners } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import pLimit from 'p-limit';
import { type Served, serve, storage } from '../demo/processes.js';
import { createRemoteBackend } from '../src/backends/remote/remote.js';
import { atBucket } from '../src/filters/at-bucket.js';
import type { S3Service } from '../src/s3/message.js';
import { ask, isSuccess, readBody } from '../src/shadow/ask.js';
import { listStore } from '../src/shadow/listing/store-page.js';
import { systemClock } from '../src/system/clock.js';
import { TIMES } from '../src/system/times.js';
import { startFaultProxy } from '../test/support/fault-proxy.js';
import { startRgw } from '../test/support/rgw.js';
import { ADMIN, type Admin, adminOf, configure, type Store, shadowFlags } from './mover.js';
import { cpuSecondsOf, cpuSecondsOfChildren } from './process-stats.js';

interface Pair {
  readonly name: string;
  readonly from: Store;
  readonly to: Store;
  close(): Promise<void>;
}

interface Load {
  readonly name: string;
  readonly objects: number;
  /** Bytes. */
  readonly size: number;
  /** Whether a first sweep is told by itself: of few large objects it takes the room that a Ceph gateway gives back only hours later. */
  readonly hasFirst: boolean;
}

/** What moving a load came to. */
interface Moved {
  readonly seconds: number;
  /** Of the mover's processes, user and system. */
  readonly cpuSeconds: number;
}

const ROOT = { accessKeyId: 'root-of-the-bench', secretAccessKey: 'secret-of-the-bench' };
const TRANSFERS = 16;
const ROUNDS = 3;
/** Enough to see what one object costs beside what a listing does. */
const COUNTED = 1_000;
const MEBIBYTE = 1024 * 1024;

const LOADS: readonly Load[] = [
  { name: '4 KiB', objects: 20_000, size: 4096, hasFirst: true },
  { name: '64 MiB', objects: 40, size: 64 * MEBIBYTE, hasFirst: false },
];

/**
 * The sweep against `rclone copy`, one after the other in each round: between two folders that Penumbra serves, and between two buckets of a Ceph gateway.
 * `SWEEP_BENCH_SCALE` makes the loads smaller, as 0.1.
 */
export async function sweepAgainstRclone(): Promise<string[]> {
  const lines = [
    `rclone copy with ${TRANSFERS} transfers, ${availableParallelism()} cores, median of ${ROUNDS} rounds`,
  ];
  for (const open of [openFolders, openRgw]) {
    const folder = await mkdtemp(join(tmpdir(), 'penumbra-bench-'));
    const pair = await open(folder);
    try {
      for (const load of LOADS) lines.push(...(await compare(pair, load, folder)));
      lines.push(...(await countRequests(pair, folder)));
    } finally {
      await pair.close();
      await rm(folder, { recursive: true, force: true });
    }
  }
  return lines;
}

async function openFolders(folder: string): Promise<Pair> {
  const env = {
    ...ADMIN,
    PENUMBRA_ROOT_ACCESS_KEY_ID: ROOT.accessKeyId,
    PENUMBRA_ROOT_SECRET_ACCESS_KEY: ROOT.secretAccessKey,
  };
  const [from, to] = [await serve('from', folder, env), await serve('to', folder, env)];
  const store = ({ url }: { url: string }): Store => ({ endpoint: url, region: 'auto', ...ROOT });
  return {
    name: 'folders served by Penumbra',
    from: store(from),
    to: store(to),
    async close() {
      await Promise.all([from.stop(), to.stop()]);
    },
  };
}

async function openRgw(): Promise<Pair> {
  const rgw = await startRgw();
  return { name: 'Ceph RGW', from: rgw, to: rgw, close: () => rgw.close() };
}

async function compare(pair: Pair, load: Load, folder: string): Promise<string[]> {
  const scaled = { ...load, objects: Math.max(4, Math.round(load.objects * scale)) };
  const mover = await startMover(pair, folder);
  try {
    await fill(pair.from, 'source', scaled);
    const first = load.hasFirst ? await bySweep(mover, pair, scaled) : undefined;
    const results = { sweep: [] as Moved[], rclone: [] as Moved[] };
    for (let round = 0; round < ROUNDS; round += 1) {
      results.sweep.push(await bySweep(mover, pair, scaled));
      results.rclone.push(await byRclone(pair, scaled, folder));
    }
    await empty(pair.from, 'source');
    const [ours, theirs] = [median(results.sweep), median(results.rclone)];
    return [
      `${pair.name}, ${scaled.objects} objects of ${load.name}:`,
      `  sweep:  ${told(ours, scaled)}`,
      `  rclone: ${told(theirs, scaled)}`,
      `  ${besides(ours, theirs)}`,
      ...(first
        ? [`  the first that the gateway made: ${told(first, scaled)}; ${besides(first, theirs)}`]
        : []),
    ];
  } finally {
    await mover.stop();
  }
}

function besides(ours: Moved, theirs: Moved): string {
  const rate = theirs.seconds / ours.seconds;
  const cpu = ours.cpuSeconds / theirs.cpuSeconds;
  return `objects/s ${rate.toFixed(2)}x of rclone's, CPU per object ${cpu.toFixed(2)}x`;
}

function told({ seconds, cpuSeconds }: Moved, { objects, size }: Load): string {
  const perSecond = objects / seconds;
  const rate = (objects * size) / MEBIBYTE / seconds;
  const cpu = (cpuSeconds / objects) * 1_000;
  return `${seconds.toFixed(1)} s, ${perSecond.toFixed(0)} objects/s, ${rate.toFixed(0)} MiB/s, ${cpu.toFixed(2)} ms of CPU per object`;
}

/** A gateway that moves buckets, one after the other, as one does that has been running for a while. */
interface Mover {
  readonly gateway: Served;
  readonly admin: Admin;
  stop(): Promise<void>;
}

async function startMover(pair: Pair, folder: string): Promise<Mover> {
  const gateway = await serve('mover', folder, ADMIN, ['--config', await configure(pair.to, folder)]);
  return {
    gateway,
    admin: await adminOf(gateway.url),
    async stop() {
      await gateway.stop();
      await rm(join(folder, 'mover'), { recursive: true, force: true });
    },
  };
}

/** Has it move the bucket `source` to one of its own; its CPU from the beginning of the sweep to the end. */
async function bySweep({ gateway, admin }: Mover, pair: Pair, load: Load, seen = pair.to): Promise<Moved> {
  const bucket = `moved-${randomUUID()}`;
  await storage(['create', '-n', bucket, ...shadowFlags(pair.from, 'source')], {
    ...ADMIN,
    PENUMBRA_URL: gateway.url,
  });
  const [before, begun] = [await cpuSecondsOf(gateway.pid), systemClock.now()];
  await admin(`/buckets/${bucket}/sweep`, { method: 'POST', body: '{}' });
  const ended = await sweptAt(admin, bucket);
  const moved = {
    seconds: (ended - begun) / 1_000,
    cpuSeconds: (await cpuSecondsOf(gateway.pid)) - before,
  };
  await assertMoved(seen, bucket, load);
  await empty(seen, bucket);
  return moved;
}

/** How often it is asked how far a sweep is, ms: each time costs it a millisecond or two. */
const LOOK_MS = 500;

/** Resolves to when it ended by its own clock, Unix ms, which is that of the bench. */
async function sweptAt(admin: Admin, bucket: string): Promise<number> {
  for (;;) {
    const { state, counts, finished_at } = (await admin(`/buckets/${bucket}/sweep`)) as SweepAnswer;
    if (counts.failed) throw new Error(`${counts.failed.objects} objects failed`);
    if (state === 'done') return Date.parse(finished_at);
    await systemClock.sleep(LOOK_MS);
  }
}

interface SweepAnswer {
  readonly state: string;
  /** ISO 8601, with milliseconds. */
  readonly finished_at: string;
  readonly counts: { readonly failed?: { readonly objects: number } };
}

async function byRclone(pair: Pair, load: Load, folder: string): Promise<Moved> {
  const to = serviceOf(pair.to);
  await succeed(atBucket('moved')(to), ask('CreateBucket', { method: 'PUT', signal }));
  const [before, begun] = [await cpuSecondsOfChildren(), performance.now()];
  const child = spawn(
    'rclone',
    [
      'copy',
      'from:source',
      'to:moved',
      '--transfers',
      `${TRANSFERS}`,
      '--checkers',
      `${TRANSFERS}`,
      '--config',
      '/dev/null',
    ],
    {
      env: { PATH: process.env.PATH, HOME: folder, ...remote('FROM', pair.from), ...remote('TO', pair.to) },
      stdio: 'inherit',
    },
  );
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`rclone exited with ${code}`);
  const moved = {
    seconds: (performance.now() - begun) / 1_000,
    cpuSeconds: (await cpuSecondsOfChildren()) - before,
  };
  await assertMoved(pair.to, 'moved', load);
  await empty(pair.to, 'moved');
  return moved;
}

const remote = (name: string, { endpoint, accessKeyId, secretAccessKey }: Store) => ({
  [`RCLONE_CONFIG_${name}_TYPE`]: 's3',
  [`RCLONE_CONFIG_${name}_PROVIDER`]: 'Other',
  [`RCLONE_CONFIG_${name}_ENDPOINT`]: endpoint,
  [`RCLONE_CONFIG_${name}_ACCESS_KEY_ID`]: accessKeyId,
  [`RCLONE_CONFIG_${name}_SECRET_ACCESS_KEY`]: secretAccessKey,
});

/** Requests of one object of a sweep, counted before both stores. */
async function countRequests(pair: Pair, folder: string): Promise<string[]> {
  const counted = { name: '4 KiB', objects: COUNTED, size: 4096, hasFirst: false };
  await fill(pair.from, 'source', counted);
  const counts = new Map<string, number>();
  const proxies = [await startFaultProxy(pair.from.endpoint), await startFaultProxy(pair.to.endpoint)];
  const [from, to] = proxies;
  if (!from || !to) throw new RangeError('two proxies were started');
  for (const proxy of proxies)
    proxy.disturb(({ method, target }) => {
      const kind = `${method} ${target.includes('list-type') ? 'listing' : `to ${proxy === from ? 'source' : 'target'}`}`;
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
      return undefined;
    });
  try {
    const behind = {
      ...pair,
      from: { ...pair.from, endpoint: from.endpoint },
      to: { ...pair.to, endpoint: to.endpoint },
    };
    const mover = await startMover(behind, folder);
    try {
      await bySweep(mover, behind, counted, pair.to);
    } finally {
      await mover.stop();
    }
    const all = [...counts].map(([kind, count]) => `${kind} ${(count / COUNTED).toFixed(2)}`).join(', ');
    return [`${pair.name}, requests per object, set-up included: ${all}`];
  } finally {
    for (const proxy of proxies) await proxy.close();
    await empty(pair.from, 'source');
  }
}

const scale = Number(process.env.SWEEP_BENCH_SCALE ?? 1);
const { signal } = new AbortController();
// Every request listens for it.
setMaxListeners(0, signal);

function serviceOf({ endpoint, region, accessKeyId, secretAccessKey }: Store): S3Service {
  const address = { endpoint, region, accessKeyId, secretAccessKey, forcePathStyle: true };
  return createRemoteBackend({ name: 'bench', ...address, clock: systemClock, times: TIMES }).service;
}

async function succeed(service: S3Service, request: Parameters<S3Service>[0]): Promise<void> {
  const answer = await service(request);
  const body = await readBody(answer);
  if (!isSuccess(answer)) throw new Error(`${request.operation}: ${answer.status} ${body.toString()}`);
}

async function fill(store: Store, name: string, { objects, size }: Load): Promise<void> {
  const bucket = atBucket(name)(serviceOf(store));
  await succeed(bucket, ask('CreateBucket', { method: 'PUT', signal }));
  const body = randomBytes(size);
  const limit = pLimit(16);
  await Promise.all(
    Array.from({ length: objects }, (_, index) =>
      limit(() => {
        const key = `${String(index % 100).padStart(2, '0')}/${String(index).padStart(6, '0')}`;
        const headers = { 'content-length': String(size) };
        return succeed(bucket, ask('PutObject', { method: 'PUT', key, headers, body, signal }));
      }),
    ),
  );
}

/** Its objects, and the bucket. */
async function empty(store: Store, name: string): Promise<void> {
  const bucket = atBucket(name)(serviceOf(store));
  const limit = pLimit(16);
  const gone: Promise<void>[] = [];
  for await (const { key } of listStore(bucket, signal))
    gone.push(limit(() => succeed(bucket, ask('DeleteObject', { method: 'DELETE', key, signal }))));
  await Promise.all(gone);
  await succeed(bucket, ask('DeleteBucket', { method: 'DELETE', signal }));
}

async function assertMoved(store: Store, name: string, { objects, size }: Load): Promise<void> {
  let count = 0;
  for await (const object of listStore(atBucket(name)(serviceOf(store)), signal)) {
    if (object.size !== size) throw new Error(`${object.key} has ${object.size} bytes`);
    count += 1;
  }
  if (count !== objects) throw new Error(`${count} of ${objects} objects were moved`);
}

function median(results: readonly Moved[]): Moved {
  const sorted = [...results].sort((a, b) => a.seconds - b.seconds);
  return sorted[Math.floor(sorted.length / 2)] ?? { seconds: 0, cpuSeconds: 0 };
}
