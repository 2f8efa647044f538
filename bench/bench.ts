import { argv, exitCode, stderr, stdout } from 'node:process';
import { manyStreams } from './many-streams.js';
import { plan } from './plan.js';
import { sweepAtScale } from './scale.js';
import { sweepAgainstRclone } from './sweep.js';

/** Each starts what it needs, measures, and returns the lines of its result. */
const BENCHES: Readonly<Record<string, () => Promise<string[]>>> = {
  plan,
  scale: sweepAtScale,
  streams: manyStreams,
  sweep: sweepAgainstRclone,
};

async function main(): Promise<void> {
  const wanted = argv.slice(2);
  const unknown = wanted.find((name) => !(name in BENCHES));
  if (unknown) throw new Error(`no bench "${unknown}"; there are: ${Object.keys(BENCHES).join(', ')}`);
  for (const [name, bench] of Object.entries(BENCHES)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    stdout.write(`${name}\n`);
    for (const line of await bench()) stdout.write(`  ${line}\n`);
  }
}

main().catch((error: unknown) => {
  stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = exitCode || 1;
});
