import { createRoute, z } from '@hono/zod-openapi';
import { KINDS, type PassKind } from '../../state/passes/pass-record.js';
import { mustBe } from '../rules.js';
import type { AdminDependencies } from './dependencies.js';
import { assertNoJob, findShadowedBucket, type ShadowedRecord } from './find-bucket.js';
import { changedSettings, failedKeys, findings, newSettings, pass, retried } from './pass-schemas.js';
import { findingsJson, passJson, toSettings } from './pass-views.js';
import { jsonAnswer, nameParameter, optionalBody, pageQuery, refusals, withoutBody } from './route-parts.js';
import { createRouter } from './router.js';

const PLACE_RULE = mustBe('`next` of the page before');
/** Ids of pages of findings, of ranges that were cut off others and are tried again as well. */
const PLACE = /^[a-z0-9.-]{1,255}$/;

const NAMES = { sweep: 'a sweep', verify: 'a verification' } as const;

function routesOf(kind: PassKind) {
  const path = `/buckets/{name}/${kind}` as const;
  const [params, it] = [nameParameter, NAMES[kind]];
  const answer = jsonAnswer(pass, 'How far it is');
  const turn = <Verb extends string>(verb: Verb, summary: string) =>
    createRoute({
      method: 'post',
      path: `${path}/${verb}` as const,
      summary,
      request: { params },
      responses: { 200: answer, ...refusals },
    });
  return {
    start: createRoute({
      method: 'post',
      path,
      summary: `Begin ${it}, or change and go on with the one that is under way`,
      request: { params, body: optionalBody(newSettings[kind]) },
      responses: { 202: answer, ...refusals },
    }),
    progress: createRoute({
      method: 'get',
      path,
      summary: `How far ${it} is: the one under way, or the last one`,
      request: { params },
      responses: { 200: answer, ...refusals },
    }),
    configure: createRoute({
      method: 'patch',
      path,
      summary: `Change the limits of ${it}, with effect at once`,
      request: { params, body: optionalBody(changedSettings[kind]) },
      responses: { 200: answer, ...refusals },
    }),
    pause: turn('pause', `Begin nothing more of ${it} for now`),
    resume: turn('resume', `Go on with ${it} that was paused`),
    stop: turn('stop', `End ${it} before all was gone through`),
    retryFailed: createRoute({
      method: 'post',
      path: `${path}/retry-failed` as const,
      summary: `Try again what failed in ${it}, or some of it`,
      request: { params, body: optionalBody(failedKeys) },
      responses: { 200: jsonAnswer(retried, 'How many objects, and how far it is'), ...refusals },
    }),
    findings: createRoute({
      method: 'get',
      path: `${path}/findings` as const,
      summary: `What ${it} found of single keys: failures, and what is not as it should be`,
      request: {
        params,
        query: pageQuery.extend({ after: z.string().regex(PLACE, PLACE_RULE).optional() }),
      },
      responses: {
        200: jsonAnswer(findings, 'Pages of at most 200 findings, as many as fit into `limit`, one at least'),
        ...refusals,
      },
    }),
  };
}

type PassDependencies = Pick<AdminDependencies, 'buckets' | 'migrations' | 'clock'>;

/** Sweeps and verifications: begun, paused, ended, and how far they are. */
export function passRoutes(deps: PassDependencies) {
  const router = createRouter();
  for (const kind of KINDS) router.route('/', routesOfKind(kind, deps));
  return router;
}

function routesOfKind(kind: PassKind, { buckets, migrations, clock }: PassDependencies) {
  const { passes } = migrations;
  const routes = routesOf(kind);
  const find = (name: string) => findShadowedBucket(buckets, name);
  const findFree = async (name: string) => {
    const record = await find(name);
    assertNoJob(record);
    return record;
  };
  const progress = async (record: ShadowedRecord) =>
    passJson(await migrations.progress(record, kind), clock.now());

  async function turned(verb: 'pause' | 'resume' | 'stop', name: string) {
    const record = await findFree(name);
    await passes[verb](record, kind);
    return progress(record);
  }

  const router = createRouter();
  router.use(`/buckets/:name/${kind}`, withoutBody);
  router.use(`/buckets/:name/${kind}/retry-failed`, withoutBody);
  return router
    .openapi(routes.start, async (c) => {
      const record = await findFree(c.req.valid('param').name);
      await passes.start(record, kind, toSettings(c.req.valid('json')));
      return c.json(await progress(record), 202);
    })
    .openapi(routes.progress, async (c) => c.json(await progress(await find(c.req.valid('param').name)), 200))
    .openapi(routes.configure, async (c) => {
      const record = await find(c.req.valid('param').name);
      await passes.configure(record, kind, toSettings(c.req.valid('json')));
      return c.json(await progress(record), 200);
    })
    .openapi(routes.pause, async (c) => c.json(await turned('pause', c.req.valid('param').name), 200))
    .openapi(routes.resume, async (c) => c.json(await turned('resume', c.req.valid('param').name), 200))
    .openapi(routes.stop, async (c) => c.json(await turned('stop', c.req.valid('param').name), 200))
    .openapi(routes.retryFailed, async (c) => {
      const record = await findFree(c.req.valid('param').name);
      const { keys } = c.req.valid('json') ?? {};
      const count = await passes.retryFailed(record, kind, keys);
      return c.json({ ...(await progress(record)), retried: count }, 200);
    })
    .openapi(routes.findings, async (c) => {
      const record = await find(c.req.valid('param').name);
      const { after, limit } = c.req.valid('query');
      return c.json(await findingsJson(migrations.findings(record, kind, after), limit), 200);
    });
}
