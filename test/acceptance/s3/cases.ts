import { getObjectCases } from './cases/get-object.js';
import { headObjectCases } from './cases/head-object.js';
import { objectKeyCases } from './cases/object-keys.js';
import { postObjectCases } from './cases/post-object.js';
import { putObjectCases } from './cases/put-object.js';
import type { S3Case } from './s3-case.js';

/** Everything that the suite asks of S3. */
export const CASES: readonly S3Case[] = [
  ...putObjectCases,
  ...objectKeyCases,
  ...getObjectCases,
  ...headObjectCases,
  ...postObjectCases,
];
