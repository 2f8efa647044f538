import { isAbsolute } from 'node:path';
import { z } from '@hono/zod-openapi';
import { isBucketName } from '../../s3/buckets.js';
import { BACKEND_NAME } from '../../state/backends.js';
import { CHECKS } from '../backend-report.js';
import { BACKEND_TYPE_RULE, filesystemSchema, s3Schema, VARIABLE } from '../config-file.js';
import { newKeySchema } from '../encryption-settings.js';
import { mustBe } from '../rules.js';

const NAME_RULE = mustBe(
  'a name: 1 to 63 letters, digits, hyphens, dots and underscores, the first of them a letter or digit',
);
const PATH_RULE = mustBe('an absolute path');
const BUCKET_RULE = mustBe('the name of a bucket that the backend has');

const name = z.string(NAME_RULE).regex(BACKEND_NAME, NAME_RULE);
const bucket = z.string(BUCKET_RULE).refine(isBucketName, BUCKET_RULE);

/** What is asked beside what a backend is. */
const trial = {
  probe: z
    .boolean(mustBe('true or false'))
    .default(true)
    .openapi({ description: 'whether it is tried first, and not added when it cannot be used' }),
  probe_bucket: bucket
    .optional()
    .openapi({ description: 'a bucket to try it in; without it one is made, and removed again' }),
};

// The message of a function would get the whole backend, with its secret.
export const newBackend = z
  .discriminatedUnion(
    'type',
    [
      filesystemSchema.extend({
        ...trial,
        name,
        path: z.string(PATH_RULE).refine(isAbsolute, PATH_RULE),
      }),
      s3Schema.extend({ ...trial, name }),
    ],
    BACKEND_TYPE_RULE,
  )
  .superRefine(refuseVariables)
  .openapi('NewBackend');

const { access_key_id, secret_access_key, encryption } = s3Schema.shape;

export const backendChanges = z
  .strictObject({
    access_key_id: access_key_id.optional(),
    secret_access_key: secret_access_key.optional(),
    encryption,
    new_key: newKeySchema.optional().openapi({
      description:
        'of a backend that is encrypted by aes256-gcm: what new objects are encrypted with; those with the keys of before can still be read',
    }),
    ...trial,
  })
  .superRefine(refuseVariables)
  .refine(
    ({ probe: _, probe_bucket: __, ...changes }) => Object.keys(changes).length > 0,
    'there is nothing to change: give access_key_id and secret_access_key, or encryption, or new_key',
  )
  .refine(({ encryption: whole, new_key }) => !(whole && new_key), 'new_key goes without encryption')
  .openapi('BackendChanges');

/** They would read the environment of the gateway, which is not the business of who may ask it. */
function refuseVariables(value: object, context: z.RefinementCtx): void {
  for (const path of variablesIn(value)) {
    const message = `$\{env:NAME} stands for a variable in the configuration file alone: give the value itself`;
    context.addIssue({ code: 'custom', path, message });
  }
}

function variablesIn(value: unknown): (string | number)[][] {
  if (typeof value === 'string') return value.search(VARIABLE) === -1 ? [] : [[]];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([field, item]) => variablesIn(item).map((path) => [field, ...path]));
}

export const backend = z
  .object({
    name: z.string(),
    type: z.enum(['s3', 'filesystem', 'memory']),
    default: z.boolean(),
    declared: z.boolean().openapi({
      description: 'whether the configuration declares it; else it was added, and can be removed',
    }),
    endpoint: z.string().nullable(),
    region: z.string().nullable(),
    path: z.string().nullable(),
    encryption: z.object({
      mode: z.enum(['none', 'aes256-gcm', 'sse-s3', 'sse-kms']),
      key_id: z
        .string()
        .nullable()
        .openapi({ description: 'of the key that new objects are encrypted with' }),
    }),
  })
  .openapi('Backend');

const check = z
  .object({
    ok: z.boolean().nullable().openapi({ description: 'null for what was not tried' }),
    reason: z.string().nullable().openapi({ description: 'why not; null where it is ok' }),
  })
  .openapi('BackendCheck');

export const backendProbe = z
  .object({
    backend: z.string(),
    ok: z.boolean().openapi({ description: 'whether buckets can be in it' }),
    checks: z.object(
      Object.fromEntries(CHECKS.map((name) => [name, check])) as Record<
        (typeof CHECKS)[number],
        typeof check
      >,
    ),
    left_behind: z.string().nullable().openapi({ description: 'what could not be removed again' }),
  })
  .openapi('BackendProbe');

export const addedBackend = backend
  .extend({ probe: backendProbe.nullable().openapi({ description: 'null where it was not tried' }) })
  .openapi('AddedBackend');

export const probeWish = z.strictObject({ bucket: bucket.optional() }).openapi('BackendProbeWish');

export type NewBackendInput = z.infer<typeof newBackend>;
export type BackendChangesInput = z.infer<typeof backendChanges>;
export type BackendJson = z.infer<typeof backend>;
export type BackendProbeJson = z.infer<typeof backendProbe>;
export type AddedBackendJson = z.infer<typeof addedBackend>;
