import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, release } from 'node:os';
import { join } from 'node:path';
import { argv, exitCode, stderr, stdout, version } from 'node:process';
import { PACKAGE_ROOT } from '../src/system/package-root.js';
import { manyStreams } from './many-streams.js';
import { plan } from './plan.js';
import { sweepAtScale } from './scale.js';
import { smallGet } from './speed/small-get.js';
import { isReached, type Row, resultOf, tableOf } from './stage/row.js';
import { sweepAgainstRclone } from './sweep.js';

/** What a bench found: lines to read, rows of the table, or both. */
type Finding = string | Row;

/** Each starts what it needs, measures, and ends by itself. */
const BENCHES: Readonly<Record<string, () => Promise<readonly Finding[]>>> = {
  'small-get': smallGet,
  plan,
  scale: sweepAtScale,
  streams: manyStreams,
  sweep: sweepAgainstRclone,
};

async function main(): Promise<void> {
  const wanted = argv.slice(2);
  const unknown = wanted.find((name) => !(name in BENCHES));
  if (unknown) throw new Error(`no bench "${unknown}"; there are: ${Object.keys(BENCHES).join(', ')}`);
  const table: Row[] = [];
  for (const [name, bench] of Object.entries(BENCHES)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    stdout.write(`${name}\n`);
    const found = await bench();
    const rows = found.filter((finding) => typeof finding !== 'string');
    for (const line of found) if (typeof line === 'string') stdout.write(`  ${line}\n`);
    for (const line of tableOf(rows)) stdout.write(`${line}\n`);
    table.push(...rows);
    await keep(name, found);
  }
  if (wanted.length !== 1) for (const line of tableOf(table)) stdout.write(`${line}\n`);
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
