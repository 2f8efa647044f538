import { createHash } from 'node:crypto';

/**
 * Whether a key is among the share of all (above 0 to 1) that is looked at: by its hash, so that it is the same keys on every gateway and in every run, and those of
 * a smaller share are among those of a larger.
 */
export function isSampled(key: string, share: number): boolean {
  if (share >= 1) return true;
  return createHash('sha256').update(key).digest().readUIntBE(0, 6) < share * 2 ** 48;
}
