import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { startRgw } from '../support/rgw.js';
import { type TortureOptions, WRITE_THROUGH } from './options.js';
import { fullReport, report } from './report.js';
import { torture } from './torture.js';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '120' },
    clients: { type: 'string', default: '16' },
    keys: { type: 'string', default: '200' },
    gateways: { type: 'string', default: '2' },
    seed: { type: 'string', default: '1' },
    log: { type: 'string' },
    'write-through': { type: 'string', default: 'switched' },
  },
});

const options = {
  seconds: wholeNumber('seconds'),
  clients: wholeNumber('clients'),
  keys: wholeNumber('keys'),
  gateways: wholeNumber('gateways'),
  seed: wholeNumber('seed'),
  writeThrough: mode(values['write-through']),
};

const rgw = await startRgw();
try {
  const result = await torture(rgw, options);
  if (values.log !== undefined) await writeFile(values.log, fullReport(result));
  console.log(report(result));
  if (result.violations.length > 0 || result.wonders.size > 0) process.exitCode = 1;
} finally {
  await rgw.close();
}

function wholeNumber(name: 'seconds' | 'clients' | 'keys' | 'gateways' | 'seed'): number {
  const text = values[name];
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new RangeError(`--${name} must be a whole number from 1 to 999999, not ${JSON.stringify(text)}`);
}

function mode(text: string): TortureOptions['writeThrough'] {
  const found = WRITE_THROUGH.find((one) => one === text);
  if (found) return found;
  throw new RangeError(
    `--write-through must be one of ${WRITE_THROUGH.join(', ')}, not ${JSON.stringify(text)}`,
  );
}
