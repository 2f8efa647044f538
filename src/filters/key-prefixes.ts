import { isKey } from '../s3/keys.js';

/** What keys are called in a shadow and in its target: `prefix` and the rest of the key, `targetPrefix` and the same rest. */
export interface KeyPrefixes {
  /** What the shadow's keys begin with; '' for all of them. */
  readonly prefix: string;
  /** What the target's keys begin with that the shadow is asked for; '' for all of them. */
  readonly targetPrefix: string;
}

/** What an object of the target would be called in the shadow, be it a key or not; undefined where the shadow has no part in it. */
export const nameInShadow = ({ prefix, targetPrefix }: KeyPrefixes, key: string): string | undefined =>
  key.startsWith(targetPrefix) ? prefix + key.slice(targetPrefix.length) : undefined;

/** The key of the same object in the shadow; undefined where the shadow cannot have one. */
export function keyInShadow(prefixes: KeyPrefixes, key: string): string | undefined {
  const name = nameInShadow(prefixes, key);
  return name !== undefined && isKey(name) ? name : undefined;
}

/** What an object of the shadow is called in the target. */
export const keyInTarget = ({ prefix, targetPrefix }: KeyPrefixes, key: string): string =>
  targetPrefix + key.slice(prefix.length);
