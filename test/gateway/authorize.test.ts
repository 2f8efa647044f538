import { describe, expect, test } from 'vitest';
import { assertAllowed, assertPublic, type Identity } from '../../src/gateway/authorize.js';
import type { OperationName } from '../../src/s3/operations.js';

const ROOT: Identity = { kind: 'root', accessKeyId: 'root' };
const ANYBODY: Identity = { kind: 'anonymous' };

function key(role: 'admin' | 'editor' | 'readonly'): Identity {
  return { kind: 'key', accessKeyId: 'PNBRKEY', bucket: 'photos', role };
}

function may(identity: Identity, operation: OperationName, bucket = 'photos'): boolean {
  try {
    assertAllowed(identity, operation, bucket);
    return true;
  } catch (error) {
    expect(error).toMatchObject({ code: 'AccessDenied', status: 403 });
    return false;
  }
}

const READS: OperationName[] = [
  'GetObject',
  'HeadObject',
  'ListObjectsV2',
  'ListParts',
  'GetObjectTagging',
  'HeadBucket',
];
const WRITES: OperationName[] = ['PutObject', 'DeleteObject', 'DeleteObjects', 'CopyObject', 'UploadPart'];
const SETTINGS: OperationName[] = [
  'PutBucketPolicy',
  'GetBucketAcl',
  'PutObjectAcl',
  'PutBucketVersioning',
  'Unknown',
];

describe('a key', () => {
  test.each([
    ['readonly', { reads: true, writes: false, settings: false }],
    ['editor', { reads: true, writes: true, settings: false }],
    ['admin', { reads: true, writes: true, settings: true }],
  ] as const)('of role %s may do what the role says', (role, { reads, writes, settings }) => {
    for (const operation of READS) expect([operation, may(key(role), operation)]).toEqual([operation, reads]);
    for (const operation of WRITES)
      expect([operation, may(key(role), operation)]).toEqual([operation, writes]);
    for (const operation of SETTINGS)
      expect([operation, may(key(role), operation)]).toEqual([operation, settings]);
  });

  test('is good for its own bucket only, whatever its role', () => {
    for (const operation of [...READS, ...WRITES, ...SETTINGS]) {
      expect([operation, may(key('admin'), operation, 'papers')]).toEqual([operation, false]);
    }
  });

  test('lists buckets, and makes or removes none', () => {
    expect(may(key('readonly'), 'ListBuckets', '')).toBe(true);
    expect(may(key('admin'), 'CreateBucket', 'papers')).toBe(false);
    expect(may(key('admin'), 'DeleteBucket')).toBe(false);
  });

  test('is told that its bucket is there, since some clients create it before they write', () => {
    expect(() => assertAllowed(key('editor'), 'CreateBucket', 'photos')).toThrow(
      expect.objectContaining({ code: 'BucketAlreadyOwnedByYou', status: 409 }),
    );
  });
});

test('root may do everything, and nobody else may do anything without a signature', () => {
  for (const operation of [
    ...READS,
    ...WRITES,
    ...SETTINGS,
    'CreateBucket',
    'DeleteBucket',
  ] as OperationName[]) {
    expect([operation, may(ROOT, operation)]).toEqual([operation, true]);
    expect([operation, may(ANYBODY, operation)]).toEqual([operation, false]);
  }
});

describe('without a signature', () => {
  test('the current objects of a public bucket can be read, and nothing else', () => {
    for (const operation of [...READS, ...WRITES, ...SETTINGS]) {
      const question = () => assertPublic({ operation, query: [], isPublic: true });
      if (operation === 'GetObject' || operation === 'HeadObject') expect(question).not.toThrow();
      else expect(question).toThrow('Access Denied');
    }
  });

  test('a private or missing bucket tells nothing', () => {
    expect(() => assertPublic({ operation: 'GetObject', query: [], isPublic: false })).toThrow(
      'Access Denied',
    );
  });

  test('old versions stay private, and answers cannot be given other header fields', () => {
    const ask = (name: string) => () =>
      assertPublic({ operation: 'GetObject', query: [[name, 'x']], isPublic: true });
    expect(ask('versionId')).toThrow('Access Denied');
    expect(ask('response-content-type')).toThrow('cannot be used for anonymous GET requests');
  });

  test('a browser may ask what CORS allows', () => {
    expect(() => assertPublic({ operation: 'Preflight', query: [], isPublic: false })).not.toThrow();
  });
});
