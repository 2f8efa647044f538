import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BegunRotationJson } from '../../src/gateway/admin/rotate.js';
import { ROOT, startTestGateway, type TestGateway } from './harness.js';

/** What the backend is. */
let store: TestGateway;
let gateway: TestGateway;

const [first, second] = ['k1', 'k2'].map((key_id) => ({
  key_id,
  key: randomBytes(32).toString('base64'),
}));

beforeEach(async () => {
  [store, gateway] = await Promise.all([startTestGateway(), startTestGateway()]);
  await gateway.admin('POST', '/backends', {
    name: 'vault',
    type: 's3',
    endpoint: store.url,
    access_key_id: ROOT.accessKeyId,
    secret_access_key: ROOT.secretAccessKey,
    encryption: { mode: 'aes256-gcm', ...first },
  });
  await gateway.createBucket('photos', { backend: 'vault' });
});

afterEach(() => Promise.all([gateway.close(), store.close()]));

const rotate = async (backend: string) =>
  (await gateway.admin('POST', `/backends/${backend}/rotate`)) as BegunRotationJson;
const written = (encryption: object) => gateway.admin('PATCH', '/backends/vault', { encryption });
const statusOf = async (id = '') =>
  ((await gateway.admin('GET', `/jobs/${id}`)) as { status: string }).status;
const put = (key: string) => gateway.send({ method: 'PUT', target: `/photos/${key}`, body: key });
const text = async (key: string) => (await gateway.send({ target: `/photos/${key}` })).text;

describe('the keys of a backend are rotated', () => {
  it('by a job for each of its buckets, after which the old key opens nothing that is needed', async () => {
    await put('old');
    await written({ mode: 'aes256-gcm', ...second, previous: [first] });
    const { jobs, ...begun } = await rotate('vault');
    expect(begun).toEqual({ backend: 'vault', key_id: 'k2', refused: [] });
    expect(jobs).toMatchObject([{ bucket: 'photos', target_bucket: expect.stringMatching(/^photos-/) }]);
    expect((await put('meanwhile')).status).toBe(200);
    await expect.poll(() => statusOf(jobs[0]?.id), { timeout: 30_000 }).toBe('succeeded');
    await written({ mode: 'aes256-gcm', ...second });
    for (const key of ['old', 'meanwhile']) expect(await text(key)).toBe(key);
    const { buckets } = (await store.admin('GET', '/buckets')) as { buckets: { bucket: string }[] };
    expect(buckets.map(({ bucket }) => bucket)).toEqual([jobs[0]?.target_bucket]);
  });

  it('after a new one was given beside those that are there, by which all can still be read', async () => {
    await put('old');
    const give = (new_key: object | undefined) => gateway.admin('PATCH', '/backends/vault', { new_key });
    expect(await give(second)).toMatchObject({ encryption: { mode: 'aes256-gcm', key_id: 'k2' } });
    await put('new');
    for (const key of ['old', 'new']) expect(await text(key)).toBe(key);
    await expect(give(first)).rejects.toThrow('backend \\"vault\\" has a key \\"k1\\" already');
    await written({ mode: 'aes256-gcm', ...second });
    expect(await text('new')).toBe('new');
    expect((await gateway.send({ target: '/photos/old' })).status).toBe(403);
    await written({ mode: 'none' });
    await expect(give(first)).rejects.toThrow('it has no keys');
  });

  it('but not those of a bucket that is being moved, which says why', async () => {
    await put('old');
    await written({ mode: 'aes256-gcm', ...second, previous: [first] });
    const [one] = (await rotate('vault')).jobs;
    const { jobs, refused } = await rotate('vault');
    expect(jobs).toEqual([]);
    expect(refused).toMatchObject([{ bucket: 'photos', reason: expect.stringContaining('job') }]);
    await expect.poll(() => statusOf(one?.id), { timeout: 30_000 }).toBe('succeeded');
  });

  it('of a backend that has keys alone', async () => {
    await expect(rotate('main')).rejects.toThrow('backend \\"main\\" is not encrypted');
    await expect(rotate('nowhere')).rejects.toThrow('no backend');
  });
});
