import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, release } from 'node:os';
import { join } from 'node:path';
import { argv, exitCode, stderr, stdout, version } from 'node:process';
import { PACKAGE_ROOT } from '../src/system/package-root.js';
import { plan } from './plan.js';
import { sweepAtScale } from './scale.js';
import { smoke } from './smoke.js';
import { coldGet } from './speed/cold-get.js';
import { folders } from './speed/folders.js';
import { largeGet } from './speed/large-get.js';
import { listing } from './speed/listing.js';
import { memory } from './speed/memory.js';
import { put } from './speed/put.js';
import { smallGet } from './speed/small-get.js';
import { start } from './speed/start.js';
import { streams } from './speed/streams.js';
import { throttledPut } from './speed/throttled-put.js';
import { workers } from './speed/workers.js';
import { isReached, type Row, resultOf, tableOf } from './stage/row.js';
import { sweepAgainstRclone } from './sweep.js';

/** What a bench found: lines to read, rows of the table, or both. */
type Finding = string | Row;

type Benches = Readonly<Record<string, () => Promise<readonly Finding[]>>>;

/** The table. Each starts what it needs, measures, and ends by itself. */
const SPEED: Benches = {
  'small-get': smallGet,
  'large-get': largeGet,
  put,
  'throttled-put': throttledPut,
  'cold-get': coldGet,
  listing,
  folders,
  workers,
  start,
  streams,
  memory,
};

const BENCHES: Benches = { ...SPEED, smoke, plan, scale: sweepAtScale, sweep: sweepAgainstRclone };

/** Those that are named, one after the other; without a name the table. */
async function main(): Promise<void> {
  const wanted = argv.length > 2 ? argv.slice(2) : Object.keys(SPEED);
  const unknown = wanted.find((name) => !(name in BENCHES));
  if (unknown) throw new Error(`no bench "${unknown}"; there are: ${Object.keys(BENCHES).join(', ')}`);
  const table: Row[] = [];
  for (const name of wanted) table.push(...(await run(name)));
  if (wanted.length !== 1) for (const line of tableOf(table)) stdout.write(`${line}\n`);
}

async function run(name: string): Promise<Row[]> {
  stdout.write(`${name}\n`);
  const found = (await BENCHES[name]?.()) ?? [];
  const rows = found.filter((finding) => typeof finding !== 'string');
  for (const line of found) if (typeof line === 'string') stdout.write(`  ${line}\n`);
  if (rows.length > 0) for (const line of tableOf(rows)) stdout.write(`${line}\n`);
  if (name !== 'smoke') await keep(name, found);
  return rows;
}

/** For who wants to compare with another day or machine. */
async function keep(name: string, found: readonly Finding[]): Promise<void> {
  const folder = join(PACKAGE_ROOT, 'bench/results');
  const machine = { cpu: cpus()[0]?.model, cores: cpus().length, kernel: release(), node: version };
  const results = found.map((finding) =>
    typeof finding === 'string'
      ? finding
      : { ...finding, result: resultOf(finding), isReached: isReached(finding) },
  );
  await mkdir(folder, { recursive: true });
  const text = JSON.stringify({ at: new Date().toISOString(), machine, results }, undefined, 2);
  await writeFile(join(folder, `${name}.json`), `${text}\n`);
}

main().catch((error: unknown) => {
  stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = exitCode || 1;
});
