import { CreateBucketCommand, DeleteBucketCommand } from '@aws-sdk/client-s3';
import { expect, onTestFinished, test } from 'vitest';
import { createAudit } from '../../src/gateway/audit.js';
import { AuditLog } from '../../src/state/audit-log.js';
import { KvUnavailable } from '../../src/state/kv.js';
import { systemClock } from '../../src/system/clock.js';
import { temporaryKv } from '../state/temporary-kv.js';
import { ROOT, startTestGateway, type TestGateway } from './harness.js';

interface Entry extends Record<string, unknown> {
  readonly action: string;
}

async function start(): Promise<TestGateway> {
  const gateway = await startTestGateway();
  onTestFinished(() => gateway.close());
  return gateway;
}

const entriesOf = async (gateway: TestGateway, query = ''): Promise<Entry[]> =>
  (await gateway.admin('GET', `/audit${query}`)).entries as Entry[];

const shadowAt = (legacy: TestGateway) => ({
  endpoint: legacy.url,
  region: 'r',
  name: 'old',
  access_key_id: ROOT.accessKeyId,
  secret_access_key: ROOT.secretAccessKey,
});

test('the steps that a gateway takes by itself are in the audit log, behind what asked for them', async () => {
  const [gateway, legacy] = [await start(), await start()];
  await legacy.createBucket('old');
  await gateway.createBucket('photos', { shadow: shadowAt(legacy) });
  await gateway.admin('PATCH', '/buckets/photos', { shadow: null });
  const steps = () => entriesOf(gateway, '?bucket=photos&actor=system:');
  // Of the last one others may have heard before its gateway has told it.
  await expect.poll(async () => (await steps())[0]).toMatchObject({ change: { step: 'forget' } });
  const own = await steps();
  const told = await entriesOf(gateway, '?bucket=photos');
  expect(own[0]).toMatchObject({
    actor: expect.stringMatching(/^system:.+-\d+-/),
    outcome: 'done',
    address: null,
  });
  expect(told.filter(({ action }) => action.startsWith('bucket.'))).toMatchObject([
    { action: 'bucket.change', address: '127.0.0.1', change: { shadow: null }, outcome: 'done' },
    { action: 'bucket.create', actor: expect.stringMatching(/^session:/) },
  ]);
});

test('so are the phases of a job', async () => {
  const gateway = await start();
  const credentials = await gateway.createBucket('photos');
  await gateway.send({ method: 'PUT', target: '/photos/key', body: 'content', credentials });
  const { id } = await gateway.admin('POST', '/buckets/photos/migrate', { target_backend: 'other' });
  const status = async () => (await gateway.admin('GET', `/jobs/${String(id)}`)).status;
  await expect.poll(status, { timeout: 30_000, interval: 200 }).toBe('succeeded');
  const advances = async () => {
    const told = await entriesOf(gateway, '?action=job.advance');
    return told.map(({ change }) => change as { readonly status: string; readonly phase: string });
  };
  await expect.poll(async () => (await advances())[0]).toMatchObject({ status: 'succeeded' });
  expect((await advances()).map(({ phase }) => phase)).toEqual(
    expect.arrayContaining(['copy', 'verify', 'flip']),
  );
  const [asked] = await entriesOf(gateway, '?action=bucket.migrate&bucket=photos');
  expect(asked).toMatchObject({ object: id, outcome: 'done', change: { target_backend: 'other' } });
});

test('so are buckets that come and go by plain S3, with the key that asked for it', async () => {
  const gateway = await start();
  const sdk = gateway.sdk();
  await sdk.send(new CreateBucketCommand({ Bucket: 'plain' }));
  await expect(sdk.send(new CreateBucketCommand({ Bucket: 'plain' }))).rejects.toThrow();
  await sdk.send(new DeleteBucketCommand({ Bucket: 'plain' }));
  expect(await entriesOf(gateway)).toMatchObject([
    { action: 'bucket.destroy', actor: 'key:root', bucket: 'plain', outcome: 'done' },
    { action: 'bucket.create', outcome: 'refused' },
    { action: 'bucket.create', actor: 'key:root', bucket: 'plain', outcome: 'done' },
  ]);
});

test('what cannot be written to it is told in the log, and keeps nobody from acting', async () => {
  const kv = await temporaryKv();
  const entries = new AuditLog(kv, systemClock);
  const told: unknown[] = [];
  const log = { error: (fields: unknown, event: string) => told.push([fields, event]) } as never;
  const audit = createAudit({ entries, gateway: 'here', log });
  const commit = kv.commit.bind(kv);
  kv.commit = () => Promise.reject(new KvUnavailable('away'));
  const event = { actor: 'token:ci', action: 'bucket.destroy', bucket: 'photos' };
  const end = await audit.begin(event);
  expect(told).toEqual([
    [
      expect.objectContaining({ ...event, outcome: 'begun', err: expect.any(KvUnavailable) }),
      'an action is not in the audit log',
    ],
  ]);
  kv.commit = commit;
  await end({ outcome: 'done' });
  expect((await audit.page({ limit: 9 })).entries).toMatchObject([{ ...event, outcome: 'done' }]);
});
