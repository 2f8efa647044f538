import { createHash, createSecretKey } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { CHUNK, NO_UPLOAD, plainSize, RECORD, storedSize } from '../../../src/filters/encryption/format.js';
import { dataKey, uploadMark } from '../../../src/filters/encryption/keys.js';
import { sealBody } from '../../../src/filters/encryption/seal.js';

const KEY = createSecretKey(Buffer.from(Array.from({ length: 32 }, (_, index) => index)));
const SALT = Buffer.from('a0a1a2a3a4a5a6a7a8a9aaabacadaeaf', 'hex');

const ONE_PUT: { part: number; upload: Buffer } = { part: 0, upload: NO_UPLOAD };

const sealed = (name: string, plain: Buffer, { part, upload } = ONE_PUT): Buffer => {
  const key = dataKey({ keyId: 'k', key: KEY }, SALT, name);
  const body = sealBody(plain, { salt: SALT, upload, part, length: plain.length, dataKey: key, checks: [] });
  return Buffer.isBuffer(body) ? body : Buffer.alloc(0);
};

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
const counting = (length: number): Buffer => Buffer.from(Array.from({ length }, (_, index) => index % 251));

// Made by another implementation (Python, cryptography 48: HKDF and AESGCM) from the text of docs/architecture.md.
it('stores what the format says, by known answers', () => {
  expect(sealed('a/ü.txt', Buffer.from('hello')).toString('hex')).toBe(
    'a0a1a2a3a4a5a6a7a8a9aaabacadaeaf00000000000000000000000005000000e581ffb2c14e00a009ddb5bed0c2539cd19dfa76dd',
  );
  expect(sealed('empty', Buffer.alloc(0)).toString('hex')).toBe(
    'a0a1a2a3a4a5a6a7a8a9aaabacadaeaf00000000000000000000000000000000b938ae281c8e482f7d6700174d86ebb0',
  );
  expect(sha256(sealed('key', counting(CHUNK + 1)))).toBe(
    '7712b810120b5d93526289e5ba7513d9cd7987d4c86e65e09b24e41e80ff0207',
  );
  const part = { part: 2, upload: uploadMark('upload-1') };
  expect(sha256(sealed('key', counting(2 * CHUNK), part))).toBe(
    '6f73ba3a1f62bed0ab0c759596baab1b826c1c88f1ac3dce6a7b89301618a453',
  );
});

it('tells the size of the plaintext by that of what is stored, and by nothing else', () => {
  const sizes = fc.integer({ min: 0, max: 2 ** 43 });
  fc.assert(fc.property(sizes, (size) => plainSize(storedSize(size)) === size));
  const parts = fc.record({
    count: fc.integer({ min: 0, max: 9_999 }),
    chunks: fc.integer({ min: 1, max: 81_920 }),
    last: fc.integer({ min: 0, max: 2 ** 33 }),
  });
  fc.assert(
    fc.property(parts, ({ count, chunks, last }) => {
      const size = chunks * CHUNK;
      return plainSize(count * storedSize(size) + storedSize(last)) === count * size + last;
    }),
  );
});

it('knows sizes that no object has', () => {
  for (const stored of [0, 1, 47, RECORD + 1, RECORD + 47]) expect(plainSize(stored)).toBeUndefined();
});
