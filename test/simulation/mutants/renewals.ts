import type { S3Service } from '../../../src/s3/message.js';
import { createShadowed } from '../../../src/shadow/shadowed.js';
import { REAL_RULES, type Rules } from '../rules.js';
import { CALM } from '../scenario.js';
import type { Mutants } from './mutant.js';

const withoutCondition =
  (service: S3Service): S3Service =>
  (request) => {
    const { 'if-match': _, ...headers } = request.headers;
    return service({ ...request, headers });
  };

const REPLACES_ANYTHING: Rules = {
  ...REAL_RULES,
  shadowed: (options) => {
    const bucket = createShadowed(options);
    return {
      ...bucket,
      replaceCopy: (key, replacing) =>
        bucket.replaceCopy(key, { ...replacing, service: withoutCondition(replacing.service) }),
    };
  },
};

export const RENEWALS: Mutants = {
  'replaces whatever has come in the place of a drifted copy': {
    rules: REPLACES_ANYTHING,
    where: {
      drifted: true,
      rung: 'read-through',
      keys: 1,
      deeds: ['renew', 'put', 'delete', 'get'],
      troubles: CALM,
    },
  },
};
