import { createRoute, z } from '@hono/zod-openapi';
import { type BackendReport, isUsable } from '../backend-report.js';
import type { StorageBackend } from '../storage.js';
import {
  addBackend,
  changeBackend,
  findBackend,
  removeBackend,
  type TriedBackend,
} from './backend-changes.js';
import {
  type AddedBackendJson,
  addedBackend,
  type BackendJson,
  type BackendProbeJson,
  backend,
  backendChanges,
  backendProbe,
  newBackend,
  probeWish,
} from './backend-schemas.js';
import type { AdminDependencies } from './dependencies.js';
import { jsonAnswer, jsonBody, nameParameter, optionalBody, refusals, withoutBody } from './route-parts.js';
import { createRouter } from './router.js';

const listRoute = createRoute({
  method: 'get',
  path: '/backends',
  summary: 'The backends: those that the configuration declares, and those that were added',
  responses: { 200: jsonAnswer(z.object({ backends: z.array(backend) }), 'Without their keys'), ...refusals },
});

const addRoute = createRoute({
  method: 'post',
  path: '/backends',
  summary: 'Add a backend, which all gateways have from then on',
  request: { body: jsonBody(newBackend) },
  responses: { 201: jsonAnswer(addedBackend, 'Without its keys'), ...refusals },
});

const changeRoute = createRoute({
  method: 'patch',
  path: '/backends/{name}',
  summary: 'Give a backend that was added other keys',
  request: { params: nameParameter, body: jsonBody(backendChanges) },
  responses: { 200: jsonAnswer(addedBackend, 'Without its keys'), ...refusals },
});

const removeRoute = createRoute({
  method: 'delete',
  path: '/backends/{name}',
  summary: 'Remove a backend that was added and that nothing uses; what is in it stays',
  request: { params: nameParameter },
  responses: { 204: { description: 'Removed' }, ...refusals },
});

const probeRoute = createRoute({
  method: 'post',
  path: '/backends/{name}/probe',
  summary: 'Find out by trying what a backend can do',
  request: { params: nameParameter, body: optionalBody(probeWish) },
  responses: { 200: jsonAnswer(backendProbe, 'What it can do, and why not'), ...refusals },
});

export function backendRoutes(deps: AdminDependencies) {
  const { backends, probeBackend } = deps;
  const router = createRouter();
  router.use('/backends/:name/probe', withoutBody);
  return router
    .openapi(listRoute, (c) => c.json({ backends: backends.all().map((one) => backendJson(one, deps)) }, 200))
    .openapi(addRoute, async (c) => {
      return c.json(triedJson(await addBackend(c.req.valid('json'), deps), deps), 201);
    })
    .openapi(changeRoute, async (c) => {
      const { name } = c.req.valid('param');
      return c.json(triedJson(await changeBackend(name, c.req.valid('json'), deps), deps), 200);
    })
    .openapi(removeRoute, async (c) => {
      await removeBackend(c.req.valid('param').name, deps);
      return c.body(null, 204);
    })
    .openapi(probeRoute, async (c) => {
      const { name } = c.req.valid('param');
      const { bucket } = c.req.valid('json') ?? {};
      return c.json(probeJson(name, await probeBackend(await findBackend(name, deps), bucket)), 200);
    });
}

function backendJson(
  { backend: { name, type }, endpoint, region, path, encryption }: StorageBackend,
  { backends, defaultBackend }: Pick<AdminDependencies, 'backends' | 'defaultBackend'>,
): BackendJson {
  const isDefault = name === defaultBackend;
  return {
    name,
    type,
    default: isDefault,
    declared: backends.isDeclared(name),
    endpoint: endpoint ?? null,
    region: region ?? null,
    path: path ?? null,
    encryption: encryptionJson(encryption),
  };
}

const encryptionJson = (settings: StorageBackend['encryption']): BackendJson['encryption'] => ({
  mode: settings?.mode ?? 'none',
  key_id: (settings && 'keyId' in settings && settings.keyId) || null,
});

const triedJson = ({ storage, report }: TriedBackend, deps: AdminDependencies): AddedBackendJson => ({
  ...backendJson(storage, deps),
  probe: report ? probeJson(storage.backend.name, report) : null,
});

const probeJson = (backend: string, report: BackendReport): BackendProbeJson => ({
  backend,
  ok: isUsable(report),
  checks: report.checks,
  left_behind: report.leftBehind,
});
