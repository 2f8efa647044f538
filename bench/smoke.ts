import { coldGet } from './speed/cold-get.js';
import { smallGet } from './speed/small-get.js';
import { start } from './speed/start.js';
import { throttledPut } from './speed/throttled-put.js';
import { QUICK } from './stage/effort.js';
import { isReached, type Row } from './stage/row.js';

const LENIENCY = 3;

/** Some benches in short: that they run, and that no ratio is off by more than a factor of three. The process fails otherwise. */
export async function smoke(): Promise<(Row | string)[]> {
  const rows = [
    // Code is compiled as it grows hot, which nginx needs not wait for.
    ...(await smallGet({ ...QUICK, seconds: 3 })),
    ...(await throttledPut(QUICK)),
    ...(await coldGet(QUICK)),
    ...(await start(QUICK)),
  ];
  const off = rows.filter((row) => row.baseline && isReached(row, LENIENCY) === false);
  if (off.length > 0) process.exitCode = 1;
  return [...rows, ...off.map(({ measure, unit }) => `far off: ${measure}, ${unit}`)];
}
