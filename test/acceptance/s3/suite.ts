import { afterAll, beforeAll, describe, it } from 'vitest';
import { describeWith } from '../../support/describe-with.js';
import { CASES } from './cases.js';
import { differencesIn } from './differences.js';
import { openSetUp, type SetUp, type SetUpName } from './set-ups.js';
import { Stage } from './stage.js';

const WITHOUT_RGW: ReadonlySet<SetUpName> = new Set(['filesystem', 'encrypted']);

/** All cases in one set-up. What differs there has to fail: a difference that is gone must go from the table, too. */
export function s3Suite(setUp: SetUpName): void {
  describeWith(WITHOUT_RGW.has(setUp) ? [] : ['radosgw'], `S3 by ${setUp}`, () => {
    let opened: SetUp;
    let stage: Stage;
    beforeAll(async () => {
      opened = await openSetUp[setUp]();
      stage = new Stage(opened);
    });
    afterAll(() => opened?.close());

    const differences = differencesIn(setUp);
    describe.concurrent('every case', () => {
      for (const one of CASES) {
        const reason = differences.get(one.name);
        if (reason === undefined) it(one.name, () => stage.run(one));
        else it.fails(`${one.name} (differs: ${reason})`, () => stage.run(one));
      }
    });
  });
}
