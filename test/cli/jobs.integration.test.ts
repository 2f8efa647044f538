import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { text as readText } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import type { JobJson } from '../../src/gateway/admin/job-schemas.js';
import { type CliOptions, runCli } from '../support/cli.js';
import { describeWith } from '../support/describe-with.js';
import { PACKAGE_ROOT } from '../support/package-root.js';
import { run } from '../support/processes.js';
import { gatewayAnswering } from './gateway-answering.js';
import { COPYING, MOVED, PREFLIGHT } from './jobs.js';

interface Asked {
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly body: unknown;
}

const BEGUN = {
  job_id: 7,
  id: 'maintenance:7',
  bucket: 'photos',
  from_backend: 'local-disk',
  to_backend: 'cluster',
};
const FAILURES = [{ id: 'f-1', occurred_at: 1_795_338_000, object_key: 'a b', error: 'status 500' }];

async function bodyOf(incoming: IncomingMessage): Promise<unknown> {
  const text = await readText(incoming);
  return text === '' ? undefined : JSON.parse(text);
}

/** A gateway whose job comes along from look to look, and stays as it is last. */
async function gatewayWith(...seen: [JobJson, ...JobJson[]]) {
  const asked: Asked[] = [];
  const env = await gatewayAnswering(async (incoming, outgoing) => {
    const path = incoming.url?.replace('/_/api/admin', '') ?? '';
    asked.push({ method: incoming.method, path, body: await bodyOf(incoming) });
    const [now] = seen;
    if (path.includes('dry_run')) return outgoing.end(JSON.stringify(PREFLIGHT));
    if (path.endsWith('/migrate')) return outgoing.writeHead(202).end(JSON.stringify(BEGUN));
    if (path.endsWith('/failures')) return outgoing.end(JSON.stringify({ failures: FAILURES, next: null }));
    if (path === '/jobs' || path.startsWith('/jobs/bucket/'))
      return outgoing.end(JSON.stringify({ jobs: [now], next: null }));
    if (path.endsWith('/rollback'))
      return outgoing.writeHead(202).end(JSON.stringify({ id: 'maintenance:8', status: 'queued' }));
    if (incoming.method === 'POST') return outgoing.end(JSON.stringify({ status: 'cancelling' }));
    return outgoing.end(JSON.stringify(seen.length > 1 ? seen.shift() : now));
  });
  const penumbra = (args: string, options: CliOptions = {}) => runCli(args.split(' '), { env, ...options });
  return { asked, env, penumbra };
}

describe('what an operator asks of jobs', () => {
  it.each([
    ['show maintenance:7', 'GET', '/jobs/maintenance%3A7'],
    ['cancel maintenance:7', 'POST', '/jobs/maintenance%3A7/cancel'],
    ['cancel maintenance:7 --force', 'POST', '/jobs/maintenance%3A7/cancel?force=true'],
    ['pause maintenance:7', 'POST', '/jobs/maintenance%3A7/pause'],
    ['resume maintenance:7', 'POST', '/jobs/maintenance%3A7/resume'],
    ['retry maintenance:7', 'POST', '/jobs/maintenance%3A7/retry'],
    ['list --bucket photos', 'GET', '/jobs/bucket/photos'],
  ])('by "jobs %s" reaches the gateway', async (args, method, path) => {
    const { asked, penumbra } = await gatewayWith(COPYING);
    const { code, stderr } = await penumbra(`jobs ${args}`);
    expect([code, stderr, asked]).toEqual([0, '', [{ method, path, body: undefined }]]);
  });

  it('is told in words, or as JSON', async () => {
    const { penumbra } = await gatewayWith(COPYING);
    expect((await penumbra('jobs cancel maintenance:7')).stdout).toBe('maintenance:7 is cancelling\n');
    expect((await penumbra('jobs show maintenance:7')).stdout).toMatch(/^Job {5}maintenance:7, running/);
    expect(JSON.parse((await penumbra('jobs show maintenance:7 --json')).stdout)).toEqual(COPYING);
    expect(JSON.parse((await penumbra('jobs list --json')).stdout)).toEqual({ jobs: [COPYING] });
    expect((await penumbra('jobs failures maintenance:7')).stdout.split('\n')).toEqual([
      'AT                        WHY         KEY',
      '2026-11-22T09:00:00.000Z  status 500  "a b"',
      '',
    ]);
  });

  it('where it is to be undone, is told with the job that does it', async () => {
    const { asked, penumbra } = await gatewayWith(MOVED);
    expect((await penumbra('jobs rollback maintenance:7')).stdout).toBe('maintenance:8 is queued\n');
    await penumbra('jobs rollback maintenance:7 --watch');
    expect(asked.at(-1)?.path).toBe('/jobs/maintenance%3A8');
  });
});

describe('watching a job', () => {
  it('prints a JSON line for each change until it is over', async () => {
    const { penumbra } = await gatewayWith(COPYING, COPYING, MOVED);
    const { code, stdout, stderr } = await penumbra('jobs watch maintenance:7');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toBe(`${JSON.stringify(COPYING)}\n${JSON.stringify(MOVED)}\n`);
  });

  it.each([
    [{ status: 'failed', last_error: 'the disk is full' }, 'job maintenance:7 failed: the disk is full'],
    [{ status: 'cancelled' }, 'job maintenance:7 was cancelled'],
    [
      { status: 'completed_with_errors', progress: { ...MOVED.progress, failed: 2 } },
      'job maintenance:7 did not bring over or prove everything, so that the bucket did not change over; 2 objects failed (penumbra jobs failures maintenance:7)',
    ],
  ] as const)('fails where it does: %j', async (change, message) => {
    const { penumbra } = await gatewayWith({ ...MOVED, ...change });
    const { code, stderr } = await penumbra('jobs watch maintenance:7');
    expect([code, stderr]).toEqual([1, `error: ${message}\n`]);
  });

  it('draws a bar on a terminal, and tells the end in words', async () => {
    const { penumbra } = await gatewayWith(COPYING, MOVED);
    const { stdout } = await penumbra('jobs watch maintenance:7', { isTerminal: true });
    expect(stdout).toContain('[======------------------] 25 %  copy  50 of 100 objects');
    expect(stdout).toContain('\nJob     maintenance:7, succeeded');
  });
});

describe('storage migrate', () => {
  const BODY = { target_backend: 'cluster', limits: {} };

  it('tells what it would take, and changes nothing', async () => {
    const { asked, penumbra } = await gatewayWith(COPYING);
    const { code, stdout } = await penumbra(
      'storage migrate photos --to cluster --dry-run --price-per-1000 0.005',
    );
    expect([code, stdout.split('\n')[0]]).toEqual([
      0,
      'Move      photos from local-disk to cluster, bucket photos',
    ]);
    expect(asked).toEqual([
      { method: 'POST', path: '/buckets/photos/migrate?dry_run=true&price_per_1000=0.005', body: BODY },
    ]);
  });

  it('begins at once where it is not to ask', async () => {
    const { asked, penumbra } = await gatewayWith(COPYING);
    const { code, stdout } = await penumbra(
      'storage migrate photos --to cluster -y --writes live --delete-source --on-existing replace --verify content --target-bucket p2 --max-requests 20 --force',
    );
    expect([code, stdout]).toEqual([
      0,
      'maintenance:7 moves photos from local-disk to cluster (penumbra jobs watch maintenance:7)\n',
    ]);
    expect(asked.map(({ body }) => body)).toEqual([
      {
        ...{ target_backend: 'cluster', target_bucket: 'p2', delete_source: true, writes: 'live' },
        ...{ on_existing: 'replace', verify: 'content', force: true, limits: { max_requests: '20' } },
      },
    ]);
  });

  it('looks on until the bucket has moved', async () => {
    const { penumbra } = await gatewayWith(COPYING, MOVED);
    const { code, stdout } = await penumbra('storage migrate photos --to cluster -y --watch');
    expect([code, stdout.trimEnd().split('\n').length]).toEqual([0, 2]);
  });

  it.each([
    ['without anybody to ask', '', 'pass -y'],
    ['without a price', '--dry-run --price-per-1000 much', 'such as 0.005'],
    ['for a price that nobody is shown', '-y --price-per-1000 1', '--dry-run'],
    ['when it is not to begin', '--dry-run --watch', 'begins nothing'],
  ])('does not begin %s', async (_, flags, message) => {
    const { asked, penumbra } = await gatewayWith(COPYING);
    const { code, stdout, stderr } = await penumbra(`storage migrate photos --to cluster ${flags}`.trimEnd());
    expect([code, stdout, asked]).toEqual([2, '', []]);
    expect(stderr).toMatch(/^error: .*\n$/);
    expect(stderr).toContain(message);
  });

  it('tells in one line what the gateway refuses', async () => {
    const env = await gatewayAnswering((_, outgoing) => {
      const error = { code: 'job_active', message: 'job 7 has bucket "photos" already' };
      outgoing.writeHead(409).end(JSON.stringify({ error }));
    });
    const refused = await runCli('storage migrate photos --to cluster -y'.split(' '), { env });
    expect(refused).toEqual({ code: 1, stdout: '', stderr: 'error: job 7 has bucket "photos" already\n' });
  });
});

describeWith(['script'], 'on a terminal, storage migrate', () => {
  const bin = join(PACKAGE_ROOT, 'bin', 'storage.js');
  const command = `${process.execPath} ${bin} migrate photos --to cluster`;

  it.each([
    ['y', 0, 2],
    ['n', 1, 1],
  ])('tells what it would take and asks; answered %s it ends with %i', async (answer, code, requests) => {
    const { asked, env } = await gatewayWith(COPYING);
    const finished = await run('script', ['-qec', command, '/dev/null'], { env, input: answer });
    expect(finished.stdout).toContain('Objects   12,000 objects, 3.4 GB; listed');
    expect([finished.code, asked.length]).toEqual([code, requests]);
  });
});
