import { type Kv, KvUnavailable } from '../../src/state/kv.js';
import { forever, type Life } from './life.js';
import { stallSometimes } from './stall.js';
import type { Weather } from './weather.js';

/** How late news can come, ms. */
const LAGS_MS = [1_000, 20_000];

/** The state as one gateway reaches it: calls take their time, fail before or after they applied, and die with the gateway. */
export function reachedState(kv: Kv, life: Life, weather: Weather): Kv {
  const { scheduler, random } = weather;
  const call = async <T>(work: () => Promise<T>): Promise<T> => {
    if (!life.alive) return forever();
    const trouble = weather.strike('calls', 0.08, ['lost call', 'lost result']);
    await scheduler.pause();
    if (!life.alive && random.chance(0.5)) return forever();
    if (trouble === 'lost call' || life.isCutOff) throw await life.receive(new KvUnavailable('simulated'));
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
        void heard(key, life, weather).then(onChange);
      }),
    close: () => Promise.resolve(),
  };
}

/** Whoever does not reach the state when it changes learns later that something did. */
async function heard(key: string | null, life: Life, weather: Weather): Promise<string | null> {
  const isMissed = life.isCutOff;
  if (key?.startsWith('bucket/') && weather.strike('lags', 0.4, ['news come late']))
    await weather.scheduler.sleep(weather.random.pick(LAGS_MS));
  await life.inTouch();
  return life.receive(isMissed ? null : key);
}
