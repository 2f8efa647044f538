import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { z } from 'zod';

const derive = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt);

/** OWASP Password Storage Cheat Sheet, scrypt: N=2^15, r=8, p=3 (32 MiB). */
const COST = { N: 2 ** 15, r: 8, p: 3 };
const HASH_BYTES = 32;
const SALT_BYTES = 16;
const MAX_MEMORY_BYTES = 64 * 1_024 * 1_024;

const storedHash = z.object({
  algorithm: z.literal('scrypt'),
  N: z.number(),
  r: z.number(),
  p: z.number(),
  salt: z.base64(),
  hash: z.base64(),
});

/** A salted scrypt hash with its parameters, as text to keep. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const hash = await derive(password, salt, HASH_BYTES, { ...COST, maxmem: MAX_MEMORY_BYTES });
  return JSON.stringify({
    algorithm: 'scrypt',
    ...COST,
    salt: salt.toString('base64'),
    hash: hash.toString('base64'),
  } satisfies z.infer<typeof storedHash>);
}

/** Takes the same time wherever the two differ. */
export async function matchesPassword(password: string, stored: string): Promise<boolean> {
  const { N, r, p, salt, hash } = storedHash.parse(JSON.parse(stored));
  const expected = Buffer.from(hash, 'base64');
  const options = { N, r, p, maxmem: MAX_MEMORY_BYTES };
  const actual = await derive(password, Buffer.from(salt, 'base64'), expected.length, options);
  return timingSafeEqual(actual, expected);
}
