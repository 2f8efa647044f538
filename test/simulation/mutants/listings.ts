import { AsyncLocalStorage } from 'node:async_hooks';
import { collect } from '../../../src/s3/body.js';
import type { S3Request, S3Response, S3Service } from '../../../src/s3/message.js';
import { createShadowed } from '../../../src/shadow/shadowed.js';
import { REAL_RULES, type Rules } from '../rules.js';
import type { Scenario } from '../scenario.js';
import { CROWD, type Mutants } from './mutant.js';

const isList = ({ operation }: S3Request): boolean => operation.startsWith('ListObject');

/** Listings that ask the target once, whenever `first` says, and take its answer for whatever they want to know of it later. */
function askingTargetOnce(first: 'before the shadow' | 'after the shadow'): Rules {
  const listing = new AsyncLocalStorage<{ known?: Promise<S3Response> }>();
  return {
    ...REAL_RULES,
    shadowed: (options) => {
      const target: S3Service = (request) => {
        const seen = listing.getStore();
        if (!seen || !isList(request)) return options.target(request);
        seen.known ??= whole(options.target(request));
        return seen.known;
      };
      const shadow: S3Service = async (request) => {
        if (first === 'before the shadow' && isList(request)) await target(request);
        return options.shadow(request);
      };
      const bucket = createShadowed({ ...options, target, shadow });
      const service: S3Service = (request) =>
        isList(request) ? listing.run({}, () => bucket.service(request)) : bucket.service(request);
      return { ...bucket, service };
    },
  };
}

/** An answer that can be read more than once. */
async function whole(answer: Promise<S3Response>): Promise<S3Response> {
  const { body, ...rest } = await answer;
  return body === undefined ? rest : { ...rest, body: await collect(body, 100_000) };
}

const LISTS: Partial<Scenario> = { ...CROWD, deeds: ['list', 'put', 'delete'] };

export const LISTINGS: Mutants = {
  'does not look again for a deleted key of a listing': {
    rules: askingTargetOnce('after the shadow'),
    where: { ...LISTS, rung: 'read-through', deeds: ['list', 'list', 'put', 'delete'], operations: 4 },
  },
  'lists the target before the shadow': {
    rules: askingTargetOnce('before the shadow'),
    where: { ...LISTS, rung: 'write-through' },
  },
};
