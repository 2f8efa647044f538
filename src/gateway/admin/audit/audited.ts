import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import { matchedRoutes } from 'hono/route';
import type { AuditEvent } from '../../../state/audit-log.js';
import type { Ending } from '../../audit.js';
import { remoteAddress } from '../access.js';
import type { AdminDependencies } from '../dependencies.js';
import type { AdminEnv } from '../router.js';
import { ACTIONS } from './actions.js';
import { changeOf, clipped } from './change.js';

type Dependencies = Pick<AdminDependencies, 'audit' | 'jobRecords'>;

/** Writes to the audit log what comes behind it: before it is tried, and how it ended. So nothing is done that is not in it. */
export function audited({ audit, jobRecords }: Dependencies) {
  return createMiddleware<AdminEnv>(async (c, next) => {
    const route = routeOf(c);
    const action = route && actionOf(`${c.req.method} ${route}`);
    if (!route || !action || c.req.query('dry_run') === 'true') return next();
    const about = await subjectOf(c, route, jobRecords);
    const end = await audit.begin({
      actor: c.get('actor') ?? 'unknown',
      address: remoteAddress(c),
      action,
      ...about,
    });
    await next();
    await end(await endingOf(c));
  });
}

const READS: ReadonlySet<string> = new Set(['GET', 'HEAD']);
/** Where the API is mounted. */
const ROOT = /^\/_\/api\/admin(?=\/)/;

/** The path of the route that will answer, as it is declared; undefined for one that reads, and where there is none. */
function routeOf(c: Context<AdminEnv>): string | undefined {
  const { method } = c.req;
  if (READS.has(method)) return undefined;
  return matchedRoutes(c)
    .find((route) => route.method === method && !route.path.endsWith('*'))
    ?.path.replace(ROOT, '');
}

/** A route that is not in the table is told by its name. */
const actionOf = (name: string): string | null => (name in ACTIONS ? (ACTIONS[name] ?? null) : name);

/** What is to be changed, and to what. */
async function subjectOf(
  c: Context<AdminEnv>,
  route: string,
  jobRecords: Dependencies['jobRecords'],
): Promise<Pick<AuditEvent, 'bucket' | 'object' | 'change'>> {
  const body = parsed(await c.req.text());
  const change = changeOf(body, c.req.query());
  const named = parameterOf(route, c.req.path.replace(ROOT, '')) ?? nameIn(body);
  const subject = named === undefined ? undefined : clipped(named);
  if (route.startsWith('/buckets')) return { ...(subject && { bucket: subject }), ...(change && { change }) };
  const job = route.startsWith('/jobs/')
    ? await jobRecords.get(Number(/\d+$/.exec(subject ?? '')?.[0]))
    : undefined;
  return {
    ...(job && { bucket: job.bucket }),
    ...(subject && { object: subject }),
    ...(change && { change }),
  };
}

/** The first parameter of a path. */
function parameterOf(route: string, path: string): string | undefined {
  const at = route.split('/').findIndex((part) => part.startsWith(':'));
  return at < 0 ? undefined : decodeURIComponent(path.split('/')[at] ?? '');
}

function nameIn(body: unknown): string | undefined {
  const name = (body as { readonly name?: unknown } | undefined)?.name;
  return typeof name === 'string' ? name : undefined;
}

interface Answer {
  readonly error?: { readonly code?: string; readonly message?: string };
  readonly access_key_id?: string;
  readonly id?: string;
}

async function endingOf(c: Context<AdminEnv>): Promise<Ending> {
  const { status } = c.res;
  const isTold = status >= 400 || status === 201 || status === 202;
  const answer = (isTold ? parsed(await c.res.clone().text()) : undefined) as Answer | undefined;
  const made = answer?.access_key_id ?? answer?.id;
  const object = typeof made === 'string' ? { object: made } : {};
  if (status < 400) return { outcome: 'done', ...object };
  const { code = '', message = '' } = answer?.error ?? {};
  return { outcome: status < 500 ? 'refused' : 'failed', reason: clipped(`${code}: ${message}`) };
}

/** Undefined for what is no JSON; the route says what is wrong with it. */
function parsed(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
