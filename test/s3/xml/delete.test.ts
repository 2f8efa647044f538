import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readDelete, readDeleteResult, writeDelete, writeDeleteResult } from '../../../src/s3/xml/delete.js';
import { anyETag, anyKey } from './arbitrary.js';

const anyObject = fc.record({ key: anyKey, versionId: anyKey, etag: anyETag }, { requiredKeys: ['key'] });

const anyResult = fc.record({
  deleted: fc.array(
    fc.record(
      { key: anyKey, versionId: anyKey, deleteMarker: fc.boolean(), deleteMarkerVersionId: anyKey },
      { requiredKeys: ['key'] },
    ),
    { maxLength: 5 },
  ),
  errors: fc.array(
    fc.record(
      { key: anyKey, versionId: anyKey, code: fc.constant('AccessDenied'), message: anyKey },
      { requiredKeys: ['key', 'code', 'message'] },
    ),
    { maxLength: 5 },
  ),
});

const malformed = expect.objectContaining({ code: 'MalformedXML' });

function deleteOf(count: number): string {
  return writeDelete({
    objects: Array.from({ length: count }, (_, index) => ({ key: `k${index}` })),
    quiet: false,
  });
}

describe('a batch of deletes', () => {
  it('names the same objects when it is read as when it was written, whatever their keys', () => {
    fc.assert(
      fc.property(fc.array(anyObject, { minLength: 1, maxLength: 5 }), fc.boolean(), (objects, quiet) => {
        expect(readDelete(writeDelete({ objects, quiet }))).toEqual({ objects, quiet });
      }),
      { numRuns: 500 },
    );
  });

  it('has 1 to 1,000 objects', () => {
    expect(readDelete(deleteOf(1000)).objects).toHaveLength(1000);
    expect(() => readDelete(deleteOf(1001))).toThrowError(malformed);
    expect(() => readDelete(deleteOf(0))).toThrowError(malformed);
  });

  it.each([
    '<Delete><Object/></Delete>',
    '<Delete><Object><Key></Key></Object></Delete>',
    '<Remove/>',
    '<Delete>',
  ])('is refused as %s', (xml) => {
    expect(() => readDelete(xml)).toThrowError(malformed);
  });

  it('is not quiet unless it says so', () => {
    expect(readDelete('<Delete><Object><Key>k</Key></Object></Delete>').quiet).toBe(false);
  });
});

describe('the result of a batch of deletes', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(anyResult, (result) => {
        expect(readDeleteResult(writeDeleteResult(result, false))).toEqual(result);
      }),
    );
  });

  it('names only what failed when the client asked for quiet', () => {
    const result = {
      deleted: [{ key: 'a' }],
      errors: [{ key: 'b', code: 'AccessDenied', message: 'Access Denied' }],
    };
    expect(readDeleteResult(writeDeleteResult(result, true))).toEqual({ deleted: [], errors: result.errors });
  });
});
