import type { Kv } from '../../src/state/kv.js';

/** A state whose every call is preceded by `before`: what that throws, the call rejects with. */
export function beforeEachCall(kv: Kv, before: () => void): Kv {
  const preceded =
    <A extends unknown[], R>(call: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      before();
      return call(...args);
    };
  return {
    get: preceded((key) => kv.get(key)),
    getMany: preceded((keys) => kv.getMany(keys)),
    list: preceded((range) => kv.list(range)),
    commit: preceded((commit) => kv.commit(commit)),
    watch: (prefix, onChange) => kv.watch(prefix, onChange),
    close: () => kv.close(),
  };
}
