import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { TELLING_BYTES, Values } from './values.js';

describe('the contents that clients write', () => {
  it('are known by their bodies, their ETags and any piece', () => {
    const values = new Values();
    const [one, two] = [values.make(1_000), values.make(1_000)];
    expect(values.ofBody(one.body)).toBe(one.name);
    expect(values.ofETag(`"${createHash('md5').update(two.body).digest('hex')}"`)).toBe(two.name);
    expect(values.ofPiece(two.body.subarray(77, 77 + TELLING_BYTES), 77)).toBe(two.name);
  });

  it('are told from anything that nobody wrote', () => {
    const values = new Values();
    const [one, two] = [values.make(1_000), values.make(1_000)];
    const mixed = Buffer.concat([one.body.subarray(0, 500), two.body.subarray(500)]);
    const torn = [
      values.ofBody(mixed),
      values.ofBody(one.body.subarray(0, 999)),
      values.ofPiece(one.body.subarray(77, 77 + TELLING_BYTES), 78),
      values.ofPiece(mixed.subarray(450, 650), 450),
      values.ofETag('"00000000000000000000000000000000"'),
    ];
    for (const value of torn) expect([one.name, two.name]).not.toContain(value);
  });
});
