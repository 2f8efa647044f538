import { parseArgs } from 'node:util';
import pLimit from 'p-limit';
import { CASES } from './cases.js';
import { removeBucket } from './clean-up.js';
import { includes, PROFILES, type S3Case } from './s3-case.js';
import { S3Http } from './s3-http.js';
import { createPlainBucket, Stage } from './stage.js';

/** Runs the suite against any endpoint, with the keys of somebody who may make buckets; removes the buckets that it made. */

const { values } = parseArgs({
  options: {
    endpoint: { type: 'string' },
    region: { type: 'string', default: 'us-east-1' },
    profile: { type: 'string', default: 'core' },
    case: { type: 'string' },
    concurrency: { type: 'string', default: '8' },
  },
});

const http = new S3Http({
  endpoint: required(values.endpoint, '--endpoint'),
  region: values.region,
  accessKeyId: required(process.env.AWS_ACCESS_KEY_ID, 'AWS_ACCESS_KEY_ID'),
  secretAccessKey: required(process.env.AWS_SECRET_ACCESS_KEY, 'AWS_SECRET_ACCESS_KEY'),
});
const stage = new Stage({ http, createBucket: (name) => createPlainBucket(http, name) });
const cases = chosenCases();
let failures = 0;

try {
  const limit = pLimit(Number(values.concurrency));
  await Promise.all(cases.map((one) => limit(() => runCase(one))));
  console.log(`${cases.length - failures} passed, ${failures} failed`);
} finally {
  for (const name of stage.names) await removeBucket(http, name);
  http.close();
}
if (failures > 0) process.exitCode = 1;

async function runCase(one: S3Case): Promise<void> {
  try {
    await stage.run(one);
  } catch (error) {
    failures += 1;
    console.log(`${one.name}: ${error instanceof Error ? error.message : error}`);
  }
}

function chosenCases(): S3Case[] {
  const profile = PROFILES.find((name) => name === values.profile);
  if (profile === undefined) {
    throw new RangeError(`--profile must be one of ${PROFILES.join(', ')}, not "${values.profile}"`);
  }
  const chosen = CASES.filter(({ name }) => values.case === undefined || name === values.case);
  if (chosen.length === 0) throw new RangeError(`--case "${values.case}" is the name of no case`);
  return chosen.filter((one) => values.case !== undefined || includes(profile, one.profile));
}

function required(value: string | undefined, name: string): string {
  if (value) return value;
  throw new RangeError(`${name} must be set`);
}
