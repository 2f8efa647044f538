import { createHash } from 'node:crypto';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { expect, onTestFinished, test } from 'vitest';
import { BucketClient } from '../support/bucket-client.js';
import { penumbra, startPenumbra } from '../support/penumbra.js';
import { signForm } from '../support/post-form.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const PASSWORD = 'admin-password-f00d';
const ROOT = { accessKeyId: 'root-id', secretAccessKey: 'root-secret-cafe' };
const SHADOW_SECRET = 'shadow-secret-beef';
const BACKEND_SECRET = 'backend-secret-dead';
const METRICS_TOKEN = 'metrics-token-acdc';
const TRACES_SECRET = 'traces-secret-aced';
const SESSION_TOKEN = 'security-token-babe';
const MASTER_KEY = createHash('sha256').update('the master key').digest('base64');

interface Answered {
  readonly status: number | undefined;
  readonly cookie: string;
  readonly text: string;
}

interface Asking {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

function ask(url: string, { method = 'GET', headers = {}, body }: Asking = {}): Promise<Answered> {
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers: { ...length, ...headers } }).end(body);
    sent.on('error', reject).on('response', async (answer) => {
      const cookie = (answer.headers['set-cookie'] ?? []).join(';').split(';')[0] ?? '';
      resolve({ status: answer.statusCode, cookie, text: await text(answer) });
    });
  });
}

test('whatever goes wrong, and at the level "trace", no secret is printed', async () => {
  const server = await startPenumbra(await temporaryFolder(), {
    PENUMBRA_LOG_LEVEL: 'trace',
    PENUMBRA_ADMIN_PASSWORD: PASSWORD,
    PENUMBRA_MASTER_KEY: MASTER_KEY,
    PENUMBRA_METRICS_TOKEN: METRICS_TOKEN,
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1',
    OTEL_EXPORTER_OTLP_HEADERS: `authorization=${TRACES_SECRET}`,
    PENUMBRA_ROOT_ACCESS_KEY_ID: ROOT.accessKeyId,
    PENUMBRA_ROOT_SECRET_ACCESS_KEY: ROOT.secretAccessKey,
  });
  onTestFinished(() => server.stop().then(() => undefined));
  const secrets = new Set([PASSWORD, ROOT.secretAccessKey, SHADOW_SECRET, BACKEND_SECRET, MASTER_KEY]);
  secrets.add(METRICS_TOKEN).add(TRACES_SECRET).add('wrong-metrics-token');
  const api = `${server.url}/_/api/admin`;
  const json = { 'content-type': 'application/json' };
  const statuses: (number | undefined)[] = [];
  let headers: Readonly<Record<string, string>> = json;
  async function admin(method: string, path: string, body?: unknown): Promise<Record<string, unknown>> {
    const sent = typeof body === 'string' ? body : JSON.stringify(body);
    const answer = await ask(api + path, { method, headers, ...(sent !== undefined && { body: sent }) });
    statuses.push(answer.status);
    return answer.text.startsWith('{') ? JSON.parse(answer.text) : {};
  }

  // Logins, right and wrong, and with a body that is none.
  const { cookie } = await ask(`${api}/login`, {
    method: 'POST',
    headers: json,
    body: JSON.stringify({ password: PASSWORD }),
  });
  secrets.add(cookie.split('=')[1] ?? '').add('wrong-password-1234');
  for (const body of [
    { password: 'wrong-password-1234' },
    `{"password":"${PASSWORD}`,
    { password: [PASSWORD] },
  ])
    await admin('POST', '/login', body);
  headers = { ...json, cookie };

  // Buckets, keys, tokens; a shadow and backends that cannot be reached or are not understood.
  const created = await admin('POST', '/buckets', { name: 'photos', public: true });
  const other = await admin('POST', '/buckets/photos/keys', { role: 'editor' });
  const token = await admin('POST', '/tokens', { name: 'ci', role: 'admin' });
  for (const secret of [created.secret_access_key, other.secret_access_key, token.token])
    secrets.add(String(secret));
  const keys = { access_key_id: 'shadow-id', secret_access_key: SHADOW_SECRET };
  const nowhere = 'http://127.0.0.1:1';
  for (const shadow of [
    { endpoint: nowhere, region: 'r', ...keys },
    { endpoint: `http://user:${SHADOW_SECRET}@127.0.0.1:1`, region: 'r', ...keys },
    { endpoint: nowhere, ...keys, secret_access_key: [SHADOW_SECRET] },
    { endpoint: server.url, region: 'auto', name: 'photos', ...keys },
  ])
    await admin('POST', '/buckets', { name: 'moving', shadow });
  const backend = { name: 'far', type: 's3', access_key_id: 'b', secret_access_key: BACKEND_SECRET };
  const encryption = { mode: 'aes256-gcm', key_id: 'k', key: MASTER_KEY };
  for (const settings of [
    { endpoint: nowhere },
    { endpoint: nowhere, probe: false, encryption },
    { endpoint: nowhere, probe: false },
    { endpoint: 'no URL', type: ['s3'] },
  ])
    await admin('POST', '/backends', { ...backend, ...settings });
  await admin('POST', '/backends/far/probe', { bucket: 'x' });
  await admin('POST', '/buckets', { name: 'there', backend: 'far' });
  await admin('POST', '/buckets/photos/migrate', { target_backend: 'far' });
  await ask(`${api}/buckets`, { headers: { authorization: `Bearer ${String(token.token)}` } });
  await ask(`${api}/buckets`, { headers: { authorization: `Bearer wrong-${String(token.token)}` } });

  // Objects: signed by header, URL and form, rightly and not, with a session token as well.
  const account = {
    endpoint: server.url,
    region: 'auto',
    accessKeyId: String(created.access_key_id),
    secretAccessKey: String(created.secret_access_key),
  };
  const bucket = new BucketClient(account, 'photos');
  await bucket.put('key', 'content');
  await bucket.get('key');
  const wrong = new S3Client({
    endpoint: server.url,
    region: 'auto',
    forcePathStyle: true,
    maxAttempts: 1,
    credentials: { ...ROOT, secretAccessKey: 'another', sessionToken: SESSION_TOKEN },
  });
  secrets.add(SESSION_TOKEN);
  const command = new GetObjectCommand({ Bucket: 'photos', Key: 'key' });
  await expect(wrong.send(command)).rejects.toThrow();
  for (const sdk of [bucket.sdk, wrong]) {
    const url = await getSignedUrl(sdk, command);
    for (const name of ['X-Amz-Signature', 'X-Amz-Security-Token'])
      secrets.add(new URL(url).searchParams.get(name) ?? SESSION_TOKEN);
    await ask(url, { headers: { cookie } });
    await ask(`${url}&X-Amz-Signature=twice-of-them`);
    await ask(`${url}%zz`);
  }
  secrets.add('twice-of-them');
  const fields = signForm({ bucket: 'photos', fields: { key: 'form' }, credentials: account });
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append('file', 'content');
  expect((await fetch(`${server.url}/photos`, { method: 'POST', body: form })).status).toBe(204);
  secrets.add(fields['X-Amz-Signature'] ?? '').add(fields.Policy ?? '');
  await admin('GET', `/nothing?password=${PASSWORD}&X-Amz-Signature=in-the-query`);
  secrets.add('in-the-query');
  for (const token of [METRICS_TOKEN, 'wrong-metrics-token'])
    await ask(`${server.url}/_/metrics?token=${token}`, { headers: { authorization: `Bearer ${token}` } });
  await admin('POST', '/logout');

  // It did what it was asked, and what it was asked wrongly it refused.
  expect(statuses).toEqual(expect.arrayContaining([200, 201, 400, 401, 404, 422]));
  await server.stop();
  const printed = server.output();
  expect(printed.match(/"msg":"request"/g)?.length).toBeGreaterThan(25);
  expect(secrets.has('')).toBe(false);
  for (const secret of secrets)
    for (const form of [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)])
      expect(printed, `"${form}" was printed`).not.toContain(form);
  expect(printed).not.toMatch(
    /authorization"|AWS4-HMAC|X-Amz-(Signature|Credential|Security)|penumbra_session/i,
  );
});

test('a Redis that cannot be reached is told without its password', async () => {
  const env = { PENUMBRA_REDIS: 'redis://:redis-password-d00d@127.0.0.1:1', PENUMBRA_LOG_LEVEL: 'trace' };
  const data = await temporaryFolder();
  const { code, stdout, stderr } = await penumbra(['serve', '--port', '0', '--data', data], { env });
  expect(code).toBe(1);
  expect(stderr).toContain('state store unavailable');
  expect(stdout + stderr).not.toContain('redis-password');
});

test('lines are for machines where nobody looks on, and for people where they are asked for so', async () => {
  const start = async (env = {}) => {
    const server = await startPenumbra(await temporaryFolder(), env);
    await fetch(`${server.url}/_/health/live`);
    await server.stop();
    return server.output();
  };
  const json = (await start()).split('\n').filter((line) => line.includes('/_/health/live'));
  expect(json.map((line) => JSON.parse(line))).toMatchObject([{ msg: 'request', status: 200 }]);
  const pretty = await start({ PENUMBRA_LOG_FORMAT: 'pretty' });
  expect(pretty).toMatch(/^\[\d\d:\d\d:\d\d\.\d{3}\] INFO: request \{.*"path":"\/_\/health\/live".*\}$/m);
});
