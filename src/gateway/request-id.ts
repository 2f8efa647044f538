import { randomBytes } from 'node:crypto';

const DIGITS = 16;
const AT_ONCE = 256;

/** Made for many requests at once, which costs no more than for one. */
let digits = '';
let used = 0;

/** 16 hexadecimal digits, as S3's are. */
export function newRequestId(): string {
  if (used === digits.length) {
    digits = randomBytes((AT_ONCE * DIGITS) / 2)
      .toString('hex')
      .toUpperCase();
    used = 0;
  }
  used += DIGITS;
  return digits.slice(used - DIGITS, used);
}
