import { normalize } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Variables } from '../system/environment.js';
import { messageOf } from '../system/thrown.js';
import { mustBe, secretMustBe } from './rules.js';
import { timesSchema } from './times-settings.js';

/** A setting that cannot be used; the message names it, and says what is allowed. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

const NAME_RULE = mustBe('a name for the backend');
const PATH_RULE = mustBe('the folder of the buckets');
const ACCESS_KEY_RULE = secretMustBe('the access key id');
const SECRET_KEY_RULE = secretMustBe('the secret access key');

const name = z.string(NAME_RULE).min(1, NAME_RULE);

const filesystemSchema = z.strictObject({
  name,
  type: z.literal('filesystem'),
  path: z.string(PATH_RULE).min(1, PATH_RULE),
});

const s3Schema = z.strictObject({
  name,
  type: z.literal('s3'),
  endpoint: z.url({ protocol: /^https?$/, ...mustBe('an http:// or https:// URL') }),
  region: z.string().min(1).default('us-east-1'),
  force_path_style: z.boolean().default(true),
  access_key_id: z.string(ACCESS_KEY_RULE).min(1, ACCESS_KEY_RULE),
  secret_access_key: z.string(SECRET_KEY_RULE).min(1, SECRET_KEY_RULE),
});

// The message of a function would get the whole backend, with its secret.
const backendSchema = z.discriminatedUnion('type', [filesystemSchema, s3Schema], 'must be filesystem or s3');

const storageSchema = z
  .strictObject({
    default_backend: z.string().optional(),
    backends: z.array(backendSchema).min(1, 'must have a backend'),
  })
  .superRefine(({ default_backend, backends }, context) => {
    const names = backends.map(({ name }) => name);
    const paths = backends.flatMap((backend) =>
      backend.type === 'filesystem' ? [normalize(backend.path)] : [],
    );
    for (const twice of [...repeated(names), ...repeated(paths)]) {
      context.addIssue({ code: 'custom', path: ['backends'], message: `"${twice}" is declared twice` });
    }
    if (default_backend !== undefined && !names.includes(default_backend)) {
      const message = `"${default_backend}" is not one of the backends: ${names.join(', ')}`;
      context.addIssue({ code: 'custom', path: ['default_backend'], message });
    }
  });

const DRAIN_RULE = mustBe('a whole number of milliseconds from 1000 to 3600000');

const jobsSchema = z.strictObject({
  drain_ms: z.int(DRAIN_RULE).min(1_000, DRAIN_RULE).max(3_600_000, DRAIN_RULE).optional(),
});

const fileSchema = z.strictObject({
  host: z.string().optional(),
  port: z.union([z.number(), z.string()]).optional(),
  data: z.string().min(1).optional(),
  redis: z.string().optional(),
  public_url: z.string().optional(),
  domain: z.string().optional(),
  workers: z.union([z.number(), z.string()]).optional(),
  storage: storageSchema.optional(),
  times: timesSchema.optional(),
  jobs: jobsSchema.optional(),
});

export type ConfigFile = z.infer<typeof fileSchema>;
export type DeclaredBackend = z.infer<typeof filesystemSchema> | z.infer<typeof s3Schema>;

/**
 * Reads the YAML text of the configuration file at `path`. `${env:NAME}` inside a value stands for that variable.
 * Throws ConfigError on an unknown key, a wrong value or a missing variable.
 */
export function parseConfigFile(text: string, path: string, variables: Variables): ConfigFile {
  const document = substitute(parseYaml(text, path), { path, at: '', variables });
  return validate(fileSchema, document ?? {}, path);
}

/** `value` as the schema has it, or a ConfigError with one `setting: what is wrong` for each issue. */
export function validate<T>(schema: z.ZodType<T>, value: unknown, source: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issues = result.error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.map(segment).join('').slice(1)}: ${message}`,
  );
  throw new ConfigError(`${source}: ${issues.join('; ')}`);
}

function parseYaml(text: string, path: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    throw new ConfigError(`${path}: not YAML: ${firstLine(error)}`, { cause: error });
  }
}

/** The parser goes on with an excerpt of the file. */
function firstLine(error: unknown): string {
  const message = messageOf(error);
  return (message.split('\n', 1)[0] ?? '').replace(/:$/, '');
}

function repeated(values: readonly string[]): string[] {
  return values.filter((value, index) => values.indexOf(value) !== index);
}

interface Place {
  readonly path: string;
  readonly at: string;
  readonly variables: Variables;
}

function substitute(value: unknown, place: Place): unknown {
  if (typeof value === 'string') return substituteText(value, place);
  if (Array.isArray(value)) {
    return value.map((item, index) => substitute(item, { ...place, at: `${place.at}[${index}]` }));
  }
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  return Object.fromEntries(
    entries.map(([key, item]) => [key, substitute(item, { ...place, at: `${place.at}.${key}` })]),
  );
}

function substituteText(text: string, { path, at, variables }: Place): string {
  return text.replaceAll(/\$\{env:([^}]*)\}/g, (_, name: string) => {
    const value = variables[name];
    if (value === undefined) {
      throw new ConfigError(`${path}: ${at.slice(1)}: environment variable ${name} is not set`);
    }
    return value;
  });
}

function segment(part: PropertyKey): string {
  return typeof part === 'number' ? `[${part}]` : `.${String(part)}`;
}
