import { type Kv, KvUnavailable } from '../../src/state/kv.js';
import { forever, type Life } from './life.js';
import { stallSometimes } from './stall.js';
import type { Weather } from './weather.js';

/** The state as one gateway reaches it: calls take their time, fail before or after they applied, and die with the gateway. */
export function reachedState(kv: Kv, life: Life, weather: Weather): Kv {
  const { scheduler, random } = weather;
  const call = async <T>(work: () => Promise<T>): Promise<T> => {
    if (!life.alive) return forever();
    const trouble = weather.strike('calls', 0.08, ['lost call', 'lost result']);
    await scheduler.pause();
    if (!life.alive && random.chance(0.5)) return forever();
    if (trouble === 'lost call') throw await life.receive(new KvUnavailable('simulated'));
    const result = await work();
    if (trouble === 'lost result') throw await life.receive(new KvUnavailable('simulated'));
    stallSometimes(life, weather);
    return life.receive(result);
  };
  return {
    get: (key) => call(() => kv.get(key)),
    getMany: (keys) => call(() => kv.getMany(keys)),
    list: (range) => call(() => kv.list(range)),
    commit: (commit) => call(() => kv.commit(commit)),
    watch: (prefix, onChange) =>
      kv.watch(prefix, (key) => {
        void life.receive(key).then(onChange);
      }),
    close: () => Promise.resolve(),
  };
}
