import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { JobFailureJson, JobJson } from '../../../src/gateway/admin/job-schemas.js';
import type { PreflightJson } from '../../../src/gateway/admin/preflight-schemas.js';
import { describeWith } from '../../support/describe-with.js';
import { type FinishedProcess, run } from '../../support/processes.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { type Archive, openSite, type Site } from './site.js';

let site: Site;

const DUMP = 'nightly/2026-06-10.dump';
const SMALL = 40;

/** The sha256 of an object, as the guide takes it: `aws s3 cp … - | sha256sum`. */
async function sha256(archive: Archive, key: string): Promise<string> {
  const folder = await temporaryFolder();
  await succeed(
    archive.aws('s3', 'cp', '--only-show-errors', `s3://${archive.name}/${key}`, join(folder, 'object')),
  );
  return createHash('sha256')
    .update(await readFile(join(folder, 'object')))
    .digest('hex');
}

async function succeed(running: Promise<FinishedProcess>): Promise<string> {
  const { code, stdout, stderr } = await running;
  if (code !== 0) throw new Error(stderr);
  return stdout;
}

/** A dump in parts, many small objects, one whose key ends in a slash, one with tags and metadata. */
async function fill({ name, aws }: Archive, small = SMALL): Promise<void> {
  const folder = await temporaryFolder();
  const at = (file: string) => join(folder, file);
  await writeFile(at('dump'), randomBytes(12 * 1024 * 1024));
  await writeFile(at('tagged'), 'with tags');
  await succeed(aws('s3', 'cp', '--only-show-errors', at('dump'), `s3://${name}/${DUMP}`));
  await mkdir(at('small'));
  for (let index = 0; index < small; index += 1)
    await writeFile(at(`small/${String(index).padStart(3, '0')}.txt`), `small ${index}`);
  await succeed(aws('s3', 'cp', '--only-show-errors', '--recursive', at('small'), `s3://${name}/small/`));
  await succeed(aws('s3api', 'put-object', '--bucket', name, '--key', 'a folder/'));
  await succeed(
    aws(
      ...['s3api', 'put-object', '--bucket', name, '--key', 'tagged', '--body', at('tagged')],
      ...['--tagging', 'team=ops', '--metadata', 'made-by=test', '--content-type', 'text/x-test'],
    ),
  );
}

async function put({ name, aws }: Archive, key: string): Promise<FinishedProcess> {
  const probe = join(await temporaryFolder(), 'probe.txt');
  await writeFile(probe, `probe of ${key}`);
  return aws('s3', 'cp', '--only-show-errors', probe, `s3://${name}/${key}`);
}

const keysIn = (listing: string): string[] =>
  listing
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.slice(31));

const keysOf = async ({ name, aws }: Archive): Promise<string[]> =>
  keysIn(await succeed(aws('s3', 'ls', '--recursive', `s3://${name}/`)));

const keysThere = async (name: string): Promise<string[]> =>
  keysIn(await succeed(site.awsThere('s3', 'ls', '--recursive', `s3://${name}/`)));

const isThere = async (name: string): Promise<boolean> =>
  (await site.awsThere('s3api', 'head-bucket', '--bucket', name)).code === 0;

/** Copies wait at the target for objects under `small/`, until the function that this gives is called. */
function holdCopies(): () => void {
  let release: () => void = () => undefined;
  const released = new Promise<undefined>((resolve) => {
    release = () => resolve(undefined);
  });
  site.proxy.disturb(({ method, target }) =>
    method === 'PUT' && target.includes('/small/03') ? released : undefined,
  );
  return () => {
    site.proxy.heal();
    release();
  };
}

const copying = ({ phase, progress }: JobJson): boolean => phase === 'copy' && progress.processed > 0;
const succeeded = ({ status }: JobJson): boolean => status === 'succeeded';

/** Reads an object again and again, and keeps what went wrong, until it is told to stop. */
function keepReading(archive: Archive, key: string, wanted: string) {
  let [isOver, reads] = [false, 0];
  const wrong: string[] = [];
  const ended = (async () => {
    while (!isOver) {
      reads += 1;
      const { code, stdout, stderr } = await archive.aws('s3', 'cp', `s3://${archive.name}/${key}`, '-');
      if (code !== 0 || stdout !== wanted) wrong.push(stderr || stdout);
    }
  })();
  return async () => {
    isOver = true;
    await ended;
    return { reads, wrong };
  };
}

describeWith(['radosgw', 'aws', 'curl'], 'the guide', () => {
  beforeAll(async () => {
    site = await openSite();
  });
  afterEach(() => site.proxy.heal());
  afterAll(() => site?.close());

  test('moves a bucket to another backend, reads all along, writes gated until it has changed over', async () => {
    const archive = await site.createBucket();
    await fill(archive);
    const before = { sum: await sha256(archive, DUMP), keys: await keysOf(archive) };
    expect(before.keys).toHaveLength(SMALL + 3);
    expect((await site.bucket(archive.name))?.backend).toBe('local-disk');

    const release = holdCopies();
    const stopReading = keepReading(archive, 'small/005.txt', 'small 5');
    const begun = await site.migrate(archive.name);
    expect(begun).toEqual({
      job_id: expect.any(Number),
      id: expect.stringMatching(/^maintenance:\d+$/),
      bucket: archive.name,
      from_backend: 'local-disk',
      to_backend: 'hetzner-fsn1',
    });
    const refused = await put(archive, 'too-early.txt');
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('SlowDown')]);

    const half = await site.jobOnce(begun.id, copying);
    expect(half).toMatchObject({ status: 'running', progress: { failed: 0 }, finished_at: null });
    const events = await run('curl', ['-sN', '--max-time', '1', ...site.eventsOf()]);
    expect(events.stdout).toMatch(/^event: snapshot\ndata: \{"jobs":\[\{"id":"maintenance:\d+"/);
    const { jobs } = await site.admin<{ jobs: JobJson[] }>('GET', '/jobs');
    expect(jobs[0]).toMatchObject({ id: begun.id, scope: { bucket: archive.name }, status: 'running' });
    expect(await site.bucket(archive.name)).toMatchObject({
      backend: 'local-disk',
      job: { id: begun.id, phase: 'copy', writes_refused: true },
    });
    expect((await put(archive, 'too-early.txt')).stderr).toContain('SlowDown');
    expect(await keysOf(archive)).toEqual(before.keys);
    expect(await sha256(archive, DUMP)).toBe(before.sum);
    release();

    const job = await site.jobOnce(begun.id, succeeded);
    const { reads, wrong } = await stopReading();
    expect([wrong, reads > 3]).toEqual([[], true]);
    expect(job).toMatchObject({
      percent: 100,
      progress: { processed: before.keys.length, total: before.keys.length, failed: 0 },
      last_error: null,
      detail: { target_backend: 'hetzner-fsn1', from_backend: 'local-disk', delete_source: false },
    });
    expect(job.phases.map(({ phase }) => phase)).toEqual(['stage', 'copy', 'verify', 'flip']);
    expect(await site.bucket(archive.name)).toMatchObject({
      ...{ backend: 'hetzner-fsn1', job: null, shadow: null },
    });

    expect(await sha256(archive, DUMP)).toBe(before.sum);
    expect(await keysOf(archive)).toEqual(before.keys);
    expect(await keysThere(archive.name)).toEqual(before.keys);
    expect((await put(archive, 'probe.txt')).code).toBe(0);
    expect(await keysThere(archive.name)).toContain('probe.txt');
    const head = JSON.parse(
      await succeed(archive.aws('s3api', 'head-object', '--bucket', archive.name, '--key', 'tagged')),
    );
    expect(head).toMatchObject({ ContentType: 'text/x-test', Metadata: { 'made-by': 'test' } });
    const tags = await succeed(
      archive.aws('s3api', 'get-object-tagging', '--bucket', archive.name, '--key', 'tagged'),
    );
    expect(JSON.parse(tags).TagSet).toEqual([{ Key: 'team', Value: 'ops' }]);
  }, 180_000);

  test('tells beforehand what it would take, and changes nothing', async () => {
    const archive = await site.createBucket();
    await fill(archive, 5);
    const found = await site.admin<PreflightJson>(
      'POST',
      `/buckets/${archive.name}/migrate?dry_run=true&price_per_1000=0.4`,
      { target_backend: 'hetzner-fsn1' },
    );
    expect(found).toMatchObject({
      ...{ objects: 8, exact: true, sampled: 8, problems: [] },
      at_target: { bucket_exists: false, objects: 0 },
      requests: { source: { get: 8 }, target: { put: 8 } },
    });
    expect(found.rate?.objects).toBeGreaterThan(0);
    expect(found.cost?.total).toBeGreaterThan(0);
    // Ceph RGW 16.2 ignores If-None-Match on CompleteMultipartUpload.
    expect(found.losses).toContainEqual(expect.objectContaining({ what: 'etag', example: DUMP }));
    expect(await isThere(archive.name)).toBe(false);
    const all = await succeed(site.awsThere('s3api', 'list-buckets'));
    expect(all).not.toContain('penumbra-probe');
    expect((await put(archive, 'probe.txt')).code).toBe(0);
  }, 120_000);

  test('is cancelled, and everything is as it was', async () => {
    const archive = await site.createBucket();
    await fill(archive);
    const keys = await keysOf(archive);
    const release = holdCopies();
    const { id } = await site.migrate(archive.name);
    await site.jobOnce(id, copying);
    const { status, text } = await site.curl('-X', 'POST', `${site.url}/_/api/admin/jobs/${id}/cancel`);
    expect([status, JSON.parse(text)]).toEqual([200, { status: 'cancelling' }]);
    release();
    await site.jobOnce(id, (job) => job.status === 'cancelled');
    expect(await site.bucket(archive.name)).toMatchObject({ backend: 'local-disk', job: null, shadow: null });
    expect(await isThere(archive.name)).toBe(false);
    expect(await keysOf(archive)).toEqual(keys);
    expect((await put(archive, 'probe.txt')).code).toBe(0);
    const again = await site.curl('-X', 'POST', `${site.url}/_/api/admin/jobs/${id}/cancel`);
    expect([again.status, JSON.parse(again.text).error.message]).toEqual([
      409,
      expect.stringMatching(/is cancelled and cannot be cancelled$/),
    ]);
  }, 180_000);

  test('outlasts a gateway that is killed in the middle, and writes stay gated', async () => {
    const archive = await site.createBucket();
    await fill(archive);
    const before = { sum: await sha256(archive, DUMP), keys: await keysOf(archive) };
    const release = holdCopies();
    const { id } = await site.migrate(archive.name);
    await site.jobOnce(id, copying);
    await site.killAndRestart();
    expect((await put(archive, 'too-early.txt')).stderr).toContain('SlowDown');
    expect((await site.job(id)).status).toBe('running');
    release();
    await site.jobOnce(id, succeeded);
    expect((await site.bucket(archive.name))?.backend).toBe('hetzner-fsn1');
    expect(await keysThere(archive.name)).toEqual(before.keys);
    expect(await sha256(archive, DUMP)).toBe(before.sum);
    expect((await put(archive, 'probe.txt')).code).toBe(0);
  }, 240_000);

  test('tells which objects failed, does not change over, and goes on when it is tried again', async () => {
    const archive = await site.createBucket();
    await fill(archive, 5);
    const isBad = ({ method, target }: { method: string; target: string }) =>
      method === 'PUT' && target.includes('/small/003');
    site.proxy.disturb((seen) => (isBad(seen) ? 400 : undefined));
    const { id } = await site.migrate(archive.name);
    const job = await site.jobOnce(id, ({ status }) => status === 'completed_with_errors');
    expect(job.progress).toMatchObject({ failed: 1 });
    const { failures } = await site.admin<{ failures: JobFailureJson[] }>('GET', `/jobs/${id}/failures`);
    expect(failures).toMatchObject([{ object_key: 'small/003.txt', error: expect.stringContaining('400') }]);
    expect(await site.bucket(archive.name)).toMatchObject({
      backend: 'local-disk',
      job: { id, writes_refused: false },
    });
    expect((await put(archive, 'meanwhile.txt')).code).toBe(0);
    site.proxy.heal();
    await site.admin('POST', `/jobs/${id}/retry`);
    await site.jobOnce(id, succeeded);
    expect((await site.bucket(archive.name))?.backend).toBe('hetzner-fsn1');
    expect(await keysThere(archive.name)).toEqual(await keysOf(archive));
    expect(await keysOf(archive)).toContain('meanwhile.txt');
  }, 240_000);

  test('deletes what it has proven where it was, if it is asked to', async () => {
    const archive = await site.createBucket();
    await fill(archive, 5);
    const keys = await keysOf(archive);
    const flags = ['--to', 'hetzner-fsn1', '--delete-source', '--verify', 'content', '-y', '--watch'];
    const watched = await succeed(site.penumbra('storage', 'migrate', archive.name, ...flags));
    const { id, status, detail } = JSON.parse(watched.trimEnd().split('\n').at(-1) ?? '') as JobJson;
    expect([status, detail.removed]).toEqual(['succeeded', { deleted: keys.length, left: 0, reasons: {} }]);
    expect(await keysThere(archive.name)).toEqual(keys);
    const back = await site.curl('-X', 'POST', `${site.url}/_/api/admin/jobs/${id}/rollback`);
    expect([back.status, JSON.parse(back.text).error.code]).toEqual([409, 'no_source']);
    // A bucket of that name at local-disk would be taken over with what is in it.
    const copy = await site.admin<PreflightJson>('POST', `/buckets/${archive.name}/migrate?dry_run=true`, {
      target_backend: 'local-disk',
    });
    expect(copy.at_target).toMatchObject({ bucket_exists: false, objects: 0 });
  }, 180_000);

  test('moves it back with what was written since', async () => {
    const archive = await site.createBucket();
    await fill(archive, 5);
    const { id } = await site.migrate(archive.name, { writes: 'live' });
    expect((await put(archive, 'meanwhile.txt')).code).toBe(0);
    await site.jobOnce(id, succeeded);
    await succeed(archive.aws('s3', 'rm', '--only-show-errors', `s3://${archive.name}/small/001.txt`));
    expect((await put(archive, 'since.txt')).code).toBe(0);
    const keys = await keysOf(archive);
    const back = await site.admin<{ id: string; status: string }>('POST', `/jobs/${id}/rollback`);
    const job = await site.jobOnce(back.id, succeeded);
    expect(job).toMatchObject({ kind: 'rollback', detail: { rollback_of: id } });
    expect((await site.bucket(archive.name))?.backend).toBe('local-disk');
    expect(await keysOf(archive)).toEqual(keys);
    expect(keys).toContain('since.txt');
    expect(keys).not.toContain('small/001.txt');
  }, 240_000);
});
