import type { Clock } from '../../src/system/clock.js';
import type { Life } from './life.js';

/** Time as one gateway lives it: what falls due while it stands still comes late, and nothing does after its end. */
export const clockOf = (life: Life, clock: Clock): Clock => ({
  now: () => clock.now(),
  async sleep(ms, signal) {
    await clock.sleep(ms, signal);
    await life.goesOn();
  },
  after: (ms, callback) =>
    clock.after(ms, () => {
      if (!life.isStalled) return callback();
      void life.goesOn().then(callback);
    }),
});
