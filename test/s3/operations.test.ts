import * as sdk from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { parseAddress } from '../../src/s3/address.js';
import { accessOf, OPERATIONS, type OperationSource, operationOf } from '../../src/s3/operations.js';

/** Commands that are not addressed to a bucket of a general purpose endpoint. */
const OTHER_ENDPOINTS = ['ListDirectoryBuckets', 'WriteGetObjectResponse'];

const SDK_OPERATIONS = Object.keys(sdk)
  .filter((name) => name.endsWith('Command') && !name.startsWith('$'))
  .map((name) => name.slice(0, -'Command'.length))
  .filter((name) => !OTHER_ENDPOINTS.includes(name));

/** Members that any command may need; each takes those that it has. */
const INPUT = {
  Bucket: 'bucket',
  Key: 'some/key',
  UploadId: 'upload',
  PartNumber: 1,
  CopySource: 'bucket/other',
  RenameSource: '/bucket/other',
  Id: 'id',
  AnnotationName: 'name',
  Body: 'body',
  Tagging: { TagSet: [] },
  Delete: { Objects: [{ Key: 'key' }] },
  ObjectAttributes: ['ETag'],
  Expression: 'SELECT',
  ExpressionType: 'SQL',
  InputSerialization: { CSV: {} },
  OutputSerialization: { CSV: {} },
};

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly query: Record<string, string | null>;
  readonly headers: Record<string, string>;
}

type AnyCommand = new (input: object) => { middlewareStack: object };

async function requestOf(operation: string): Promise<OperationSource> {
  let sent: Sent | undefined;
  const client = new sdk.S3Client({
    region: 'us-east-1',
    endpoint: 'http://localhost',
    forcePathStyle: true,
    disableS3ExpressSessionAuth: true,
    maxAttempts: 1,
    credentials: { accessKeyId: 'id', secretAccessKey: 'secret' },
    requestHandler: {
      handle: (request: Sent) => {
        sent = request;
        return Promise.reject(new Error('not sent'));
      },
    },
  });
  const commands = sdk as unknown as Record<string, AnyCommand>;
  const Command = commands[`${operation}Command`];
  if (!Command) throw new Error(`no command ${operation}`);
  await expect(client.send(new Command(INPUT) as never)).rejects.toThrow('not sent');
  if (!sent) throw new Error(`${operation} sent nothing`);
  const names = Object.entries(sent.query).map(([name, value]) => (value ? `${name}=${value}` : name));
  const address = parseAddress({ rawUrl: `${sent.path}?${names.join('&')}`, host: 'localhost' });
  return { ...address, method: sent.method, headers: sent.headers };
}

function source(method: string, target: string, headers: Record<string, string> = {}): OperationSource {
  return { ...parseAddress({ rawUrl: target, host: 'localhost' }), method, headers };
}

describe('every operation of the AWS SDK', () => {
  it.each(SDK_OPERATIONS)('%s is recognised from the request that the SDK sends', async (operation) => {
    expect(operationOf(await requestOf(operation))).toBe(operation);
  });

  it('is in the table, with nothing else but the browser form and the CORS preflight', () => {
    expect(Object.keys(OPERATIONS).sort()).toEqual([...SDK_OPERATIONS, 'PostObject', 'Preflight'].sort());
  });
});

describe('operationOf', () => {
  it.each([
    ['GET', '/', 'ListBuckets'],
    ['GET', '/bucket', 'ListObjects'],
    ['GET', '/bucket/', 'ListObjects'],
    ['GET', '/bucket/?prefix=acl&delimiter=/', 'ListObjects'],
    ['GET', '/bucket/?list-type=2&prefix=a', 'ListObjectsV2'],
    ['GET', '/bucket//', 'GetObject'],
    ['GET', '/bucket/key?versionId=1&partNumber=2', 'GetObject'],
    ['GET', '/bucket/key?response-content-type=text%2Fplain', 'GetObject'],
    ['GET', '/bucket/?acl', 'GetBucketAcl'],
    ['GET', '/bucket/?acl=', 'GetBucketAcl'],
    ['GET', '/bucket/acl', 'GetObject'],
    ['GET', '/bucket/key?location', 'GetObject'],
    ['GET', '/bucket/?analytics&id=1', 'GetBucketAnalyticsConfiguration'],
    ['GET', '/bucket/?analytics', 'ListBucketAnalyticsConfigurations'],
    ['POST', '/bucket/', 'PostObject'],
    ['DELETE', '/bucket?x-id=DeleteBucket', 'DeleteBucket'],
    ['GET', '/bucket?newThing', 'ListObjects'],
    ['POST', '/bucket/?delete', 'DeleteObjects'],
    ['OPTIONS', '/bucket/key', 'Preflight'],
    ['OPTIONS', '/', 'Preflight'],
  ] as const)('%s %s is %s', (method, target, operation) => {
    expect(operationOf(source(method, target))).toBe(operation);
  });

  it.each([
    ['PATCH', '/bucket/key'],
    ['get', '/bucket/key'],
    ['DELETE', '/'],
    ['PUT', '/bucket/key?uploadId=1'],
    ['GET', '/bucket/key?uploads'],
    ['GET', '/bucket?delete'],
    ['PUT', '/bucket?newThing'],
    ['DELETE', '/bucket?newThing'],
    ['POST', '/bucket?newThing=1'],
  ])('%s %s is no operation of S3, and needs all rights', (method, target) => {
    const operation = operationOf(source(method, target));
    expect(operation).toBe('Unknown');
    expect(accessOf(operation)).toBe('admin');
  });

  it('tells a copy from an upload by the copy source', () => {
    const headers = { 'x-amz-copy-source': '/bucket/other' };
    expect(operationOf(source('PUT', '/bucket/key', headers))).toBe('CopyObject');
    expect(operationOf(source('PUT', '/bucket/key?partNumber=1&uploadId=u', headers))).toBe('UploadPartCopy');
    expect(operationOf(source('PUT', '/bucket/key?tagging', headers))).toBe('PutObjectTagging');
  });

  it('refuses two sub-resources, so that a listing cannot become the reading of a policy', () => {
    expect(() => operationOf(source('GET', '/bucket?list-type=2&policy'))).toThrowError(
      expect.objectContaining({
        code: 'InvalidArgument',
        message: 'Conflicting query string parameters: list-type, policy',
      }),
    );
  });

  it('takes the same sub-resource twice as once', () => {
    expect(operationOf(source('GET', '/bucket?acl&acl'))).toBe('GetBucketAcl');
  });
});

describe('accessOf', () => {
  it('asks for the right to read of what reads objects and listings', () => {
    for (const operation of [
      'GetObject',
      'HeadObject',
      'ListObjectsV2',
      'HeadBucket',
      'ListParts',
    ] as const) {
      expect(accessOf(operation)).toBe('read');
    }
  });

  it('asks for the right to write of every change of an object', () => {
    for (const [name, { resource, method, access }] of Object.entries(OPERATIONS)) {
      if (resource === 'object' && ['PUT', 'DELETE'].includes(method))
        expect([name, access]).not.toContain('read');
    }
  });

  it('asks for all rights of every change of a bucket but the batch of deletes and the form', () => {
    const changes = Object.entries(OPERATIONS).filter(
      ([, { resource, method }]) => resource === 'bucket' && ['PUT', 'POST', 'DELETE'].includes(method),
    );
    const lesser = changes.filter(([, { access }]) => access !== 'admin').map(([name]) => name);
    expect(lesser.sort()).toEqual(['DeleteObjects', 'PostObject']);
  });
});
