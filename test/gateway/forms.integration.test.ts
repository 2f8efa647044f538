import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import { GetObjectTaggingCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Credentials } from '../../src/s3/sigv4/sign.js';
import { type Fields, type FormToSign, formOf, signForm, signFormV2 } from '../support/post-form.js';
import { ROOT, startTestGateway, type TestGateway } from './harness.js';

const MIB = 1024 * 1024;

let legacy: TestGateway;
let gateway: TestGateway;
let editor: Credentials;
let reader: Credentials;
let count = 0;

beforeAll(async () => {
  [legacy, gateway] = await Promise.all([
    startTestGateway(),
    startTestGateway({ config: { domain: 's3.example.com' } }),
  ]);
  await legacy.createBucket('old');
  await gateway.createBucket('plain', { target_bucket: 'behind' });
  const { accessKeyId, secretAccessKey } = ROOT;
  const keys = { access_key_id: accessKeyId, secret_access_key: secretAccessKey };
  const shadow = { name: 'old', endpoint: legacy.url, region: 'us-east-1', ...keys, write_through: true };
  await gateway.createBucket('moving', { shadow });
  editor = await gateway.createKey('plain', 'editor');
  reader = await gateway.createKey('plain', 'readonly');
});

afterAll(async () => {
  await gateway.close();
  await legacy.close();
});

interface Posted extends Partial<FormToSign> {
  readonly file?: string | Blob;
  readonly fileName?: string;
}

const newKey = (): string => `uploads/${++count} ü.jpg`;

async function post({ bucket = 'plain', file = 'hello', fileName, ...form }: Posted): Promise<Response> {
  const fields = signForm({ bucket, credentials: ROOT, ...form, fields: { key: newKey(), ...form.fields } });
  return send(formOf(fields, file, fileName), bucket);
}

const send = (body: FormData, bucket = 'plain'): Promise<Response> =>
  fetch(`${gateway.url}/${bucket}`, { method: 'POST', body, redirect: 'manual' });

const FILE_NAME = '$'.concat('{filename}');

/** A form whose policy allows any name of a file. */
function namedAfterFile(): Fields {
  const names = ['algorithm', 'credential', 'date'];
  const covered = names.map((name) => ['starts-with', `$x-amz-${name}`, '']);
  const conditions = [['starts-with', '$key', 'user/'], ...covered];
  const fields = { key: `user/${FILE_NAME}` };
  return signForm({ bucket: 'plain', fields, credentials: ROOT, onlyThese: true, conditions });
}

const pathOf = (key: string): string => key.split('/').map(encodeURIComponent).join('/');

const read = (key: string, from = gateway, bucket = 'plain') =>
  from.send({ target: `/${bucket}/${pathOf(key)}` });

async function expectRefused(answer: Response, status: number, said: string): Promise<string> {
  const text = await answer.text();
  expect([answer.status, text]).toEqual([status, expect.stringContaining(said)]);
  return text;
}

const etagOf = (text: string) => `"${createHash('md5').update(text).digest('hex')}"`;

describe('a signed form', () => {
  test('makes an object of its file, with what its fields say of it', async () => {
    const key = newKey();
    const tagging = '<Tagging><TagSet><Tag><Key>a b</Key><Value>ü&amp;</Value></Tag></TagSet></Tagging>';
    const answer = await post({
      fields: {
        key,
        'Content-Type': 'image/jpeg',
        'Cache-Control': 'max-age=60',
        'Content-Disposition': 'attachment',
        'x-amz-meta-Name': 'Zoë',
        'x-amz-meta-penumbra-source-last-modified': 'of the gateway alone',
        'x-amz-storage-class': 'STANDARD_IA',
        tagging,
        submit: 'Send',
      },
    });
    expect([answer.status, await answer.text(), answer.headers.get('etag')]).toEqual([
      204,
      '',
      etagOf('hello'),
    ]);
    expect(answer.headers.get('location')).toBe(`${gateway.url}/plain/${encodeURIComponent(key)}`);
    const { text, headers } = await read(key);
    expect(text).toBe('hello');
    expect(headers).toMatchObject({
      'content-type': 'image/jpeg',
      'cache-control': 'max-age=60',
      'content-disposition': 'attachment',
      'x-amz-meta-name': Buffer.from('Zoë').toString('latin1'),
      'x-amz-storage-class': 'STANDARD_IA',
    });
    expect(headers).not.toHaveProperty('x-penumbra-source-last-modified');
    const { TagSet } = await gateway.sdk().send(new GetObjectTaggingCommand({ Bucket: 'plain', Key: key }));
    expect(TagSet).toEqual([{ Key: 'a b', Value: 'ü&' }]);
  });

  test.each([
    ['200', 200, ''],
    ['201', 201, 'document'],
    ['204', 204, ''],
    ['404', 204, ''],
  ])('that asks for status %s is answered %i', async (wanted, status, content) => {
    const key = newKey();
    const answer = await post({ fields: { key, success_action_status: wanted } });
    const text = await answer.text();
    expect(answer.status).toBe(status);
    const location = `${gateway.url}/plain/${encodeURIComponent(key)}`;
    const document =
      `<?xml version="1.0" encoding="UTF-8"?>\n<PostResponse><Location>${location}</Location><Bucket>plain</Bucket>` +
      `<Key>${key}</Key><ETag>${etagOf('hello').replaceAll('"', '&quot;')}</ETag></PostResponse>`;
    expect(text).toBe(content && document);
  });

  test.each([
    ['success_action_redirect', 'https://example.com/done', 'https://example.com/done?'],
    ['redirect', 'https://example.com/done?a=b%20c', 'https://example.com/done?a=b%20c&'],
  ])('can send the browser elsewhere (%s)', async (field, url, expected) => {
    const key = newKey();
    const answer = await post({ fields: { key, [field]: url } });
    const query = new URLSearchParams({ bucket: 'plain', key, etag: etagOf('hello') });
    expect([answer.status, answer.headers.get('location')]).toEqual([303, expected + query]);
  });

  test.each(['/relative', 'javascript:alert(1)', 'http://'])('sends nobody to %s', async (url) => {
    expect((await post({ fields: { success_action_redirect: url } })).status).toBe(204);
  });

  test.each([
    ['C:\\Photos\\cat.jpg', 'user/cat.jpg'],
    ['/home/me/cat.jpg', 'user/cat.jpg'],
    ['$&.jpg', 'user/$&.jpg'],
  ])('names its object after the file %s', async (fileName, key) => {
    expect((await send(formOf(namedAfterFile(), 'meow', fileName))).status).toBe(204);
    expect((await read(key)).text).toBe('meow');
  });

  test('keeps the word for the name of a file that has none', async () => {
    const form = formOf(namedAfterFile());
    form.append('file', 'meow');
    expect((await send(form)).status).toBe(204);
    expect((await read(`user/${FILE_NAME}`)).text).toBe('meow');
  });

  test('can be addressed by the host of its bucket', async () => {
    const key = newKey();
    const fields = signForm({
      bucket: 'plain',
      credentials: ROOT,
      fields: { key, success_action_status: '201' },
    });
    const body = Buffer.from(await new Response(formOf(fields, 'x')).arrayBuffer());
    const boundary = body.subarray(2, body.indexOf('\r\n')).toString();
    const headers = {
      host: 'plain.s3.example.com',
      'content-type': `multipart/form-data; boundary=${boundary}`,
    };
    const answer = await gateway.send({ method: 'POST', target: '/', headers, body, credentials: null });
    expect(answer.status).toBe(201);
    expect(answer.headers.location).toBe(`http://plain.s3.example.com/${encodeURIComponent(key)}`);
  });

  test('is a write, for which a key with that right is enough', async () => {
    const key = newKey();
    expect((await post({ fields: { key }, credentials: editor })).status).toBe(204);
    await expectRefused(await post({ fields: { key: 'other' }, credentials: reader }), 403, 'AccessDenied');
    await expectRefused(await post({ bucket: 'moving', credentials: editor }), 403, 'AccessDenied');
    expect((await read('other')).status).toBe(404);
  });

  test('is logged as the object that it writes', async () => {
    const key = newKey();
    await post({ fields: { key }, credentials: editor });
    const line = gateway.logged.find((entry) => entry.key === key);
    expect(line).toMatchObject({
      method: 'POST',
      operation: 'PutObject',
      bucket: 'plain',
      requester: editor.accessKeyId,
      status: 204,
    });
  });
});

describe('the file of a form', () => {
  test('is written to both stores where the bucket says so', async () => {
    const key = newKey();
    expect((await post({ bucket: 'moving', fields: { key, 'x-amz-meta-a': 'b' } })).status).toBe(204);
    for (const [place, bucket] of [
      [gateway, 'moving'],
      [legacy, 'old'],
    ] as const) {
      const { text, headers } = await read(key, place, bucket);
      expect([text, headers['x-amz-meta-a']]).toEqual(['hello', 'b']);
    }
  });

  test.each(['plain', 'moving'])('can have no bytes (%s)', async (bucket) => {
    const key = newKey();
    expect((await post({ bucket, fields: { key }, file: '' })).status).toBe(204);
    const { status, headers } = await read(key, gateway, bucket);
    expect([status, headers['content-length'], headers.etag]).toEqual([200, '0', etagOf('')]);
  });

  test.each(['plain', 'moving'])('can be larger than what is held in memory (%s)', async (bucket) => {
    const key = newKey();
    const bytes = Buffer.alloc(40 * MIB, 'penumbra ');
    const answer = await post({ bucket, fields: { key }, file: new Blob([bytes]) });
    expect([answer.status, answer.headers.get('etag')]).toEqual([204, expect.stringMatching(/-3"$/)]);
    expect((await read(key, gateway, bucket)).text === bytes.toString()).toBe(true);
    if (bucket === 'moving') expect((await read(key, legacy, 'old')).text === bytes.toString()).toBe(true);
  });

  test('is verified by the checksum that a field has of it', async () => {
    const key = newKey();
    const fields = { key, 'x-amz-checksum-crc32': 'NhCmhg==' };
    const answer = await post({ fields });
    expect([answer.status, answer.headers.get('x-amz-checksum-crc32')]).toEqual([204, 'NhCmhg==']);
    const other = await post({ fields: { ...fields, key: 'changed' }, file: 'hallo' });
    await expectRefused(other, 400, '<Code>BadDigest</Code>');
    expect((await read('changed')).status).toBe(404);
  });

  test.each([
    [4, 400, '<Code>EntityTooSmall</Code>'],
    [5, 204, ''],
    [10, 204, ''],
    [11, 400, '<Code>EntityTooLarge</Code>'],
  ])('of %i bytes, where the policy says 5 to 10, is answered %i', async (length, status, said) => {
    const key = newKey();
    const conditions = [['content-length-range', 5, 10]];
    await expectRefused(await post({ fields: { key }, conditions, file: 'x'.repeat(length) }), status, said);
    expect((await read(key)).status).toBe(status === 204 ? 200 : 404);
  });

  test('is left as soon as it is longer than the policy says', async () => {
    const file = new Blob([Buffer.alloc(30 * MIB)]);
    const answer = await post({ bucket: 'moving', conditions: [['content-length-range', 0, MIB]], file });
    await expectRefused(answer, 400, '<MaxSizeAllowed>1048576</MaxSizeAllowed>');
  });
});

describe('a form is refused', () => {
  const changed = async (change: (fields: Record<string, string>) => void, file?: string) => {
    const fields: Record<string, string> = {
      ...signForm({ bucket: 'plain', credentials: ROOT, fields: { key: 'refused' } }),
    };
    change(fields);
    return send(formOf(fields, file ?? 'hello'));
  };

  test.each<[string, Partial<FormToSign>, number, string]>([
    ['that is too late', { expiresAt: 1 }, 403, 'Invalid according to Policy: Policy expired.'],
    [
      'that fails a condition',
      { conditions: [{ acl: 'private' }] },
      403,
      'Policy Condition failed: [&quot;eq&quot;, &quot;$acl&quot;',
    ],
    ['whose policy has no conditions', { onlyThese: true }, 403, 'Extra input fields: key, x-amz-algorithm'],
    ['whose policy is no policy', { conditions: [7] }, 400, '<Code>InvalidPolicyDocument</Code>'],
    [
      'of an unknown key',
      { credentials: { accessKeyId: 'X', secretAccessKey: 'y' } },
      403,
      '<Code>InvalidAccessKeyId</Code>',
    ],
    [
      'of a known key with another secret',
      { credentials: { ...ROOT, secretAccessKey: 'other' } },
      403,
      '<Code>SignatureDoesNotMatch</Code>',
    ],
    ['with an empty key', { fields: { key: '' } }, 400, 'User key must have a length greater than 0.'],
    [
      'with a key that is too long',
      { fields: { key: 'k'.repeat(1_025) } },
      400,
      '<Code>KeyTooLongError</Code>',
    ],
    ['with tags that are none', { fields: { tagging: 'not-xml' } }, 400, '<Code>MalformedXML</Code>'],
    [
      'with a line break in a header field',
      { fields: { 'Cache-Control': 'a\r\nb: c' } },
      400,
      '<ArgumentName>cache-control</ArgumentName>',
    ],
    [
      'with a session token',
      { fields: { 'x-amz-security-token': 'token' } },
      400,
      '<Code>InvalidToken</Code>',
    ],
  ])('%s', async (_, form, status, said) => {
    const fields = signForm({
      bucket: 'plain',
      credentials: ROOT,
      ...form,
      fields: { key: 'refused', ...form.fields },
    });
    const text = await expectRefused(await send(formOf(fields, 'hello')), status, said);
    expect(text).not.toContain(ROOT.secretAccessKey);
    expect((await read('refused')).status).toBe(404);
  });

  test('that nobody has signed, also for a public bucket', async () => {
    await gateway.createBucket('public', { public: true });
    await expectRefused(await send(formOf({ key: 'a' }, 'x'), 'public'), 403, '<Code>AccessDenied</Code>');
  });

  test('for a bucket that there is not', async () => {
    await expectRefused(await post({ bucket: 'nowhere' }), 404, '<Code>NoSuchBucket</Code>');
  });

  test('that is signed as Signature Version 2 has it', async () => {
    const answer = await send(formOf(signFormV2({ key: 'a' }, ROOT), 'x'));
    await expectRefused(answer, 400, 'The authorization mechanism you have provided is not supported.');
  });

  test.each([
    ['key', "Bucket POST must contain a field named 'key'."],
    ['Policy', "Bucket POST must contain a field named 'Policy'."],
    ['X-Amz-Signature', "Bucket POST must contain a field named 'X-Amz-Signature'."],
  ])('without the field %s', async (name, said) => {
    const answer = await changed((fields) => delete fields[name]);
    await expectRefused(answer, 400, said.replaceAll("'", '&apos;'));
  });

  test('with a field of which its policy does not know', async () => {
    const answer = await changed((fields) => Object.assign(fields, { acl: 'public-read' }));
    await expectRefused(answer, 403, 'Extra input fields: acl');
  });

  test('without a file, and with two', async () => {
    const fields = signForm({ bucket: 'plain', credentials: ROOT, fields: { key: 'refused' } });
    await expectRefused(
      await send(formOf(fields)),
      400,
      'POST requires exactly one file upload per request.',
    );
    const two = formOf(fields, 'one');
    two.append('file', new Blob(['two']), 'b');
    await expectRefused(await send(two), 400, '<ArgumentValue>2</ArgumentValue>');
    expect((await read('refused')).status).toBe(404);
  });

  test.each([
    ['a field of more', { 'x-ignore-a': 'x'.repeat(20_481) }],
    [
      'fields of more, together',
      Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`x-ignore-${i}`, 'x'.repeat(1_000)])),
    ],
    [
      'more fields than fit',
      Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`x-ignore-${i}`, ''])),
    ],
  ])('with %s than 20 KB before the file', async (_, ignored) => {
    const answer = await changed((fields) => Object.assign(fields, ignored));
    await expectRefused(answer, 400, '<Code>MaxPostPreDataLengthExceeded</Code>');
  });

  test('that is no form', async () => {
    const said = 'Bucket POST must be of the enclosure-type multipart/form-data';
    const answer = await gateway.send({ method: 'POST', target: '/plain', body: 'key=a', credentials: null });
    expect(answer).toMatchObject({ status: 412, text: expect.stringContaining(said) });
  });

  test.each([
    ['no boundary', 'multipart/form-data', ''],
    ['nothing', 'multipart/form-data; boundary=b', ''],
    ['something else', 'multipart/form-data; boundary=b', 'key=a&b=c'],
    [
      'no end',
      'multipart/form-data; boundary=b',
      '--b\r\nContent-Disposition: form-data; name="key"\r\n\r\na',
    ],
  ])('that has %s', async (_, type, body) => {
    const headers = { 'content-type': type };
    const answer = await gateway.send({ method: 'POST', target: '/plain', headers, body, credentials: null });
    expect(answer).toMatchObject({ status: 400, text: expect.stringContaining('MalformedPOSTRequest') });
  });
});

describe('the body of a form', () => {
  /** As a browser writes it. */
  function written(fields: Fields, file: string, rest = ''): string {
    const lines = Object.entries(fields).map(
      ([name, value]) => `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
    );
    return `${lines.join('')}--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n${file}\r\n${rest}`;
  }

  const signed = (key: string) => signForm({ bucket: 'plain', credentials: ROOT, fields: { key } });
  const sendRaw = (body: string) =>
    gateway.send({
      method: 'POST',
      target: '/plain',
      headers: { 'content-type': 'multipart/form-data; boundary=b' },
      body,
      credentials: null,
    });

  test('may go on after the file, with what is ignored', async () => {
    const key = newKey();
    const rest = `--b\r\nContent-Disposition: form-data; name="acl"\r\n\r\npublic-read\r\n--b--\r\nepilogue`;
    expect((await sendRaw(written(signed(key), 'a\r\n--c\r\nb', rest))).status).toBe(204);
    expect((await read(key)).text).toBe('a\r\n--c\r\nb');
  });

  test.each([
    ['in the file', ''],
    ['after the file', '--b\r\nContent-Disposition: form-data; name="submit"\r\n\r\nSe'],
  ])('that ends %s before it is whole stores nothing', async (_, rest) => {
    const key = newKey();
    const answer = await sendRaw(written(signed(key), 'hello', rest));
    expect(answer).toMatchObject({
      status: 400,
      text: expect.stringContaining('<Code>MalformedPOSTRequest</Code>'),
    });
    expect((await read(key)).status).toBe(404);
  });

  test('whose client leaves stores nothing', async () => {
    const key = newKey();
    const body = written(signed(key), 'hello');
    const socket = connect(gateway.port, '127.0.0.1');
    socket.write(
      `POST /plain HTTP/1.1\r\nHost: h\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 9999\r\n\r\n${body}`,
    );
    socket.end();
    expect(await readText(socket)).toContain('400 Bad Request');
    expect((await read(key)).status).toBe(404);
  });

  test('is asked for when the client wants to be asked', async () => {
    const body = written(signed(newKey()), 'hello', '--b--\r\n');
    const socket = connect(gateway.port, '127.0.0.1');
    socket.write(
      'POST /plain HTTP/1.1\r\nHost: h\r\nConnection: close\r\nExpect: 100-continue\r\n' +
        `Content-Type: multipart/form-data; boundary=b\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    expect(await readText(socket)).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 204 No Content/);
  });

  test('leaves the connection good for the next request when it is refused', async () => {
    const body = written({ key: 'a' }, 'x'.repeat(300_000), '--b--\r\n');
    const socket = connect(gateway.port, '127.0.0.1');
    socket.write(
      `POST /plain HTTP/1.1\r\nHost: h\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    socket.write('GET /_/health/live HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n');
    const answers = await readText(socket);
    expect(answers).toContain('403 Forbidden');
    expect(answers).toContain('{"status":"live"}');
  });
});
