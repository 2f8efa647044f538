import { createRoute, z } from '@hono/zod-openapi';
import type { JobRecord } from '../../state/jobs/job-record.js';
import { mustBe } from '../rules.js';
import type { AdminDependencies } from './dependencies.js';
import { findBucket } from './find-bucket.js';
import { jobName, jobNumber } from './job-name.js';
import { job, jobFailures, jobPage, jobStatus } from './job-schemas.js';
import { failureJson, shownJob } from './job-views.js';
import { jsonAnswer, pageQuery, refusals } from './route-parts.js';
import { createRouter } from './router.js';

const JOB_RULE = mustBe('`next` of the page before');

const params = z.object({ id: z.string().openapi({ example: 'maintenance:7' }) });

const listRoute = createRoute({
  method: 'get',
  path: '/jobs',
  summary: 'The jobs, the newest first',
  request: {
    query: pageQuery.extend({
      after: z
        .string()
        .regex(/^maintenance:\d{1,12}$/, JOB_RULE)
        .optional(),
    }),
  },
  responses: { 200: jsonAnswer(jobPage, 'One page'), ...refusals },
});

const ofBucketRoute = createRoute({
  method: 'get',
  path: '/jobs/bucket/{bucket}',
  summary: 'The jobs of a bucket, the newest first, 100 at most',
  request: { params: z.object({ bucket: z.string() }) },
  responses: { 200: jsonAnswer(jobPage, 'Its jobs'), ...refusals },
});

const getRoute = createRoute({
  method: 'get',
  path: '/jobs/{id}',
  summary: 'How far a job is',
  request: { params },
  responses: { 200: jsonAnswer(job, 'The job'), ...refusals },
});

const failuresRoute = createRoute({
  method: 'get',
  path: '/jobs/{id}/failures',
  summary: 'What did not go well with single objects',
  request: { params, query: pageQuery.pick({ after: true }) },
  responses: { 200: jsonAnswer(jobFailures, 'One page'), ...refusals },
});

const turnRoute = <Verb extends Turn>(verb: Verb, summary: string) =>
  createRoute({
    method: 'post',
    path: `/jobs/{id}/${verb}` as const,
    summary,
    request: { params },
    responses: { 200: jsonAnswer(jobStatus, 'Its status now'), ...refusals },
  });

type Turn = 'pause' | 'resume' | 'retry';

const cancelRoute = createRoute({
  method: 'post',
  path: '/jobs/{id}/cancel',
  summary: 'End a job, and make all as it was',
  request: {
    params,
    query: z.object({
      force: z
        .enum(['true', 'false'], mustBe('"true" or "false"'))
        .default('false')
        .openapi({ description: 'do not wait for gateways that cannot reach the state' }),
    }),
  },
  responses: { 200: jsonAnswer(jobStatus, 'Its status now'), ...refusals },
});

const rollbackRoute = createRoute({
  method: 'post',
  path: '/jobs/{id}/rollback',
  summary: 'Begin a job that moves the bucket back',
  request: { params },
  responses: {
    202: jsonAnswer(jobStatus.extend({ id: z.string() }), 'The job that does it'),
    ...refusals,
  },
});

/** Jobs: how far they are, and what is asked of them. */
export function jobRoutes({ jobs, buckets }: Pick<AdminDependencies, 'jobs' | 'buckets'>) {
  const shown = (record: JobRecord) => shownJob(record, jobs);
  const shownAll = (records: readonly JobRecord[]) => Promise.all(records.map(shown));

  async function turned(verb: Turn, name: string) {
    const { status } = await jobs[verb](jobNumber(name));
    return { status };
  }

  return createRouter()
    .openapi(listRoute, async (c) => {
      const { after, limit } = c.req.valid('query');
      const { items, next } = await jobs.list({ limit, ...(after && { after: numberIn(after) }) });
      const page = await shownAll(items);
      return c.json({ jobs: page, next: next === undefined ? null : jobName(Number(next)) }, 200);
    })
    .openapi(ofBucketRoute, async (c) => {
      const { bucket } = c.req.valid('param');
      const records = await jobs.ofBucket(bucket);
      // Of a bucket that is gone its jobs are known still.
      if (records.length === 0) await findBucket(buckets, bucket);
      return c.json({ jobs: await shownAll(records), next: null }, 200);
    })
    .openapi(getRoute, async (c) =>
      c.json(await shown(await jobs.get(jobNumber(c.req.valid('param').id))), 200),
    )
    .openapi(failuresRoute, async (c) => {
      const id = jobNumber(c.req.valid('param').id);
      const { failures, next } = await jobs.failures(id, c.req.valid('query').after);
      return c.json({ failures: failures.map(failureJson), next: next ?? null }, 200);
    })
    .openapi(cancelRoute, async (c) => {
      const force = c.req.valid('query').force === 'true';
      const { status } = await jobs.cancel(jobNumber(c.req.valid('param').id), { force });
      return c.json({ status }, 200);
    })
    .openapi(turnRoute('pause', 'Copy and verify nothing more for now; clients write again'), async (c) =>
      c.json(await turned('pause', c.req.valid('param').id), 200),
    )
    .openapi(turnRoute('resume', 'Go on with a job that was paused'), async (c) =>
      c.json(await turned('resume', c.req.valid('param').id), 200),
    )
    .openapi(turnRoute('retry', 'Try again what failed'), async (c) =>
      c.json(await turned('retry', c.req.valid('param').id), 200),
    )
    .openapi(rollbackRoute, async (c) => {
      const begun = await jobs.rollback(jobNumber(c.req.valid('param').id));
      return c.json({ id: jobName(begun.id), status: begun.status }, 202);
    });
}

const numberIn = (name: string): string => name.replace(/^maintenance:/, '');
