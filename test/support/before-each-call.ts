import type { Kv } from '../../src/state/kv.js';

type Called = 'get' | 'getMany' | 'list' | 'commit';

/** A state whose every call is preceded by `before`: what that throws, the call rejects with. */
export function beforeEachCall(kv: Kv, before: (method: Called) => void): Kv {
  const preceded =
    <A extends unknown[], R>(method: Called, call: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      before(method);
      return call(...args);
    };
  return {
    get: preceded('get', (key) => kv.get(key)),
    getMany: preceded('getMany', (keys) => kv.getMany(keys)),
    list: preceded('list', (range) => kv.list(range)),
    commit: preceded('commit', (commit) => kv.commit(commit)),
    watch: (prefix, onChange) => kv.watch(prefix, onChange),
    close: () => kv.close(),
  };
}
