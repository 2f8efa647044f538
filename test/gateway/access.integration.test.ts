import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Credentials } from '../../src/s3/sigv4/sign.js';
import { type RawRequest, ROOT, startTestGateway, type TestGateway } from './harness.js';

let gateway: TestGateway;
const keys: Record<string, Credentials | null> = { root: ROOT, nobody: null };

beforeAll(async () => {
  gateway = await startTestGateway();
  keys.admin = await gateway.createBucket('mine');
  keys.editor = await gateway.createKey('mine', 'editor');
  keys.readonly = await gateway.createKey('mine', 'readonly');
  await gateway.createBucket('theirs');
  await gateway.createBucket('public', { public: true });
  await gateway.createBucket('elsewhere', { backend: 'other' });
  for (const bucket of ['mine', 'theirs', 'public', 'elsewhere']) {
    await gateway.send({ method: 'PUT', target: `/${bucket}/a`, body: bucket });
  }
});

afterAll(() => gateway.close());

async function code(who: string, request: RawRequest): Promise<string | number> {
  const { status, text } = await gateway.send({ ...request, credentials: keys[who] ?? null });
  return /<Code>(\w+)<\/Code>/.exec(text)?.[1] ?? status;
}

describe('who may do what', () => {
  const read = { target: '/mine/a' };
  const list = { target: '/mine?list-type=2' };
  const write = { method: 'PUT', target: '/mine/b', body: 'b' };
  const remove = { method: 'DELETE', target: '/mine/b' };
  const configure = { method: 'PUT', target: '/mine?policy', body: '{}' };
  const create = { method: 'PUT', target: '/another' };
  const destroy = { method: 'DELETE', target: '/another' };

  test.each([
    ['root', [200, 200, 200, 204, 'NotImplemented', 200, 204]],
    ['admin', [200, 200, 200, 204, 'NotImplemented', 'AccessDenied', 'AccessDenied']],
    ['editor', [200, 200, 200, 204, 'AccessDenied', 'AccessDenied', 'AccessDenied']],
    ['readonly', [200, 200, 'AccessDenied', 'AccessDenied', 'AccessDenied', 'AccessDenied', 'AccessDenied']],
    ['nobody', Array(7).fill('AccessDenied')],
  ])('%s', async (who, expected) => {
    const answers: unknown[] = [];
    for (const request of [read, list, write, remove, configure, create, destroy]) {
      answers.push(await code(who, request));
    }
    expect(answers).toEqual(expected);
  });

  test('a key learns nothing of another bucket, not even whether there is one', async () => {
    for (const target of ['/theirs/a', '/nowhere/a', '/theirs', '/public/a']) {
      expect([target, await code('admin', { target })]).toEqual([target, 'AccessDenied']);
    }
    expect(await code('root', { target: '/nowhere/a' })).toBe('NoSuchBucket');
  });

  test('a key lists its own bucket, root all of them', async () => {
    const own = await gateway.send({ target: '/', credentials: keys.readonly ?? null });
    expect(own.text.match(/<Name>[^<]*/g)).toEqual(['<Name>mine']);
    const all = await gateway.send({ target: '/' });
    expect(all.text.match(/<Name>[^<]*/g)).toEqual(
      ['elsewhere', 'mine', 'public', 'theirs'].map((name) => `<Name>${name}`),
    );
    expect(await code('nobody', { target: '/' })).toBe('AccessDenied');
    expect(await code('root', { method: 'PUT', target: '/', body: '' })).toBe('MethodNotAllowed');
  });

  test('a bucket that should be public from the start is refused, not made private in silence', async () => {
    const headers = { 'x-amz-acl': 'public-read' };
    expect(await code('root', { method: 'PUT', target: '/open-house', headers })).toBe('NotImplemented');
    expect(await code('root', { target: '/open-house' })).toBe('NoSuchBucket');
  });

  test('anybody reads the objects of a public bucket, and nothing else of it', async () => {
    expect(await code('nobody', { target: '/public/a' })).toBe(200);
    expect((await gateway.send({ method: 'HEAD', target: '/public/a', credentials: null })).status).toBe(200);
    for (const request of [
      { target: '/public' },
      { target: '/public/a?tagging' },
      { target: '/public/a?versionId=1' },
      { method: 'PUT', target: '/public/b', body: 'x' },
      { method: 'DELETE', target: '/public/a' },
      { target: '/nowhere/a' },
      { method: 'OPTIONS', target: '/nowhere/a' },
    ]) {
      expect([request, await code('nobody', request)]).toEqual([request, 'AccessDenied']);
    }
  });
});

describe('copying', () => {
  const copyFrom = (source: string) => ({
    method: 'PUT',
    target: '/mine/copy',
    headers: { 'x-amz-copy-source': source },
  });

  test('needs the right to read the source', async () => {
    expect(await code('admin', copyFrom('/theirs/a'))).toBe('AccessDenied');
    expect(await code('readonly', copyFrom('/mine/a'))).toBe('AccessDenied');
    expect(await code('root', copyFrom('/nowhere/a'))).toBe('NoSuchBucket');
  });

  test('between backends is refused in so many words', async () => {
    const { status, text } = await gateway.send(copyFrom('/elsewhere/a'));
    expect(status).toBe(501);
    expect(text).toContain('Copying between buckets on different backends is not supported.');
  });

  test('from a source that cannot be read is an invalid argument', async () => {
    for (const source of ['mine', '/mine/', 'mine/%zz', '../a']) {
      expect([source, await code('root', copyFrom(source))]).toEqual([source, 'InvalidArgument']);
    }
  });
});

describe('a signature', () => {
  test('with the wrong secret is refused, and says nothing of the object', async () => {
    const wrong = { ...ROOT, secretAccessKey: 'guess' };
    const { status, text } = await gateway.send({ target: '/mine/a', credentials: wrong });
    expect(status).toBe(403);
    expect(text).toContain('<Code>SignatureDoesNotMatch</Code>');
  });

  test('of an unknown key is refused', async () => {
    const credentials = { accessKeyId: 'PNBRNOBODYKNOWSTHIS0', secretAccessKey: 'x' };
    expect((await gateway.send({ target: '/mine/a', credentials })).text).toContain('InvalidAccessKeyId');
  });

  test('of a revoked bucket is refused: keys go with their bucket', async () => {
    const credentials = await gateway.createBucket('short-lived');
    expect((await gateway.send({ target: '/short-lived', credentials })).status).toBe(200);
    await gateway.send({ method: 'DELETE', target: '/short-lived' });
    expect((await gateway.send({ target: '/short-lived', credentials })).text).toContain(
      'InvalidAccessKeyId',
    );
  });

  test('in a URL is good for reading and writing without any other', async () => {
    const s3 = gateway.sdk(keys.editor ?? ROOT);
    const put = new PutObjectCommand({ Bucket: 'mine', Key: 'by url', ContentType: 'text/plain' });
    const putUrl = await getSignedUrl(s3, put, { expiresIn: 60 });
    expect(
      (await fetch(putUrl, { method: 'PUT', body: 'hi', headers: { 'content-type': 'text/plain' } })).status,
    ).toBe(200);
    const getUrl = await getSignedUrl(s3, new GetObjectCommand({ Bucket: 'mine', Key: 'by url' }), {
      expiresIn: 60,
    });
    expect(await (await fetch(getUrl)).text()).toBe('hi');
    expect((await fetch(getUrl, { method: 'DELETE' })).status).toBe(403);
  });

  test('in a URL is refused once it has expired', async () => {
    const s3 = gateway.sdk();
    const signingDate = new Date(Date.now() - 3_600_000);
    const url = await getSignedUrl(s3, new GetObjectCommand({ Bucket: 'mine', Key: 'a' }), {
      expiresIn: 60,
      signingDate,
    });
    const answer = await fetch(url);
    expect(answer.status).toBe(403);
    expect(await answer.text()).toContain('Request has expired');
  });
});
