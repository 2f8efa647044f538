import { Branch } from '../branch.js';
import type { CopyFailed } from './copy-outcome.js';
import type { CopySink } from './copy-sink.js';

/** A copy that cannot be made, for `reason`: clients that read along have the bytes all the same. */
export function refusingSink(reason: CopyFailed): CopySink {
  const branch = new Branch();
  branch.destroy();
  const refuse = () => Promise.reject(reason);
  return { branch, overwrites: false, ready: refuse, release: refuse, abort: async () => true };
}
