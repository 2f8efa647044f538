import fc from 'fast-check';
import { expect, it } from 'vitest';
import { combineCrcs } from '../../../src/backends/store/combine-crcs.js';
import { createChecksum } from '../../../src/s3/checksums.js';

it.each(['crc32', 'crc32c', 'crc64nvme'] as const)(
  'makes the %s of all bytes of those of their parts',
  (name) => {
    const crcOf = (bytes: Uint8Array): string => {
      const checksum = createChecksum(name);
      checksum.update(bytes);
      return checksum.digest();
    };
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 6 }), (parts) => {
        const combined = combineCrcs(
          name,
          parts.map(crcOf),
          parts.map(({ length }) => length),
        );
        expect(combined).toBe(crcOf(Buffer.concat(parts)));
      }),
    );
  },
);
