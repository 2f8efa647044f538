import type { Clock } from '../system/clock.js';
import { endWhenStandingStill } from '../system/standstill.js';
import type { Config } from './config.js';

/**
 * What runs on the embedded state, watched: processes that share it wait for each other in locks of the file, and one was seen to wait for good after another was killed.
 */
export function watched<T extends { close(): Promise<void> }>(
  running: T,
  { config, clock }: { readonly config: Pick<Config, 'redis'>; readonly clock: Clock },
): T {
  if (config.redis !== undefined) return running;
  const watch = endWhenStandingStill({ clock });
  return {
    ...running,
    async close() {
      await running.close();
      await watch.close();
    },
  };
}
