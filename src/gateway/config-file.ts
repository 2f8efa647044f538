import { normalize } from 'node:path';
import { z } from 'zod';
import type { Variables } from '../system/environment.js';
import { messageOf } from '../system/thrown.js';
import { encryptionSchema } from './encryption-settings.js';
import { mustBe, secretMustBe } from './rules.js';
import { timesSchema } from './times-settings.js';

/** Settings that cannot be used; each problem names one, and says what is allowed. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(
    readonly problems: readonly string[],
    options?: ErrorOptions,
  ) {
    super(problems.join('; '), options);
  }
}

/** Stands for an environment variable inside a value of the file. */
export const VARIABLE = /\$\{env:([^}]*)\}/g;

const NAME_RULE = mustBe('a name for the backend');
const PATH_RULE = mustBe('the folder of the buckets');
const ACCESS_KEY_RULE = secretMustBe('the access key id');
const SECRET_KEY_RULE = secretMustBe('the secret access key');

const name = z.string(NAME_RULE).min(1, NAME_RULE);

export const filesystemSchema = z.strictObject({
  name,
  type: z.literal('filesystem'),
  path: z.string(PATH_RULE).min(1, PATH_RULE),
  encryption: encryptionSchema,
});

export const s3Schema = z.strictObject({
  name,
  type: z.literal('s3'),
  endpoint: z
    .url({ protocol: /^https?$/, ...mustBe('an http:// or https:// URL') })
    // It is shown, and would not be sent anyway.
    .refine(hasNoCredentials, secretMustBe('a URL without a user and a password')),
  region: z.string().min(1).default('us-east-1'),
  force_path_style: z.boolean().default(true),
  access_key_id: z.string(ACCESS_KEY_RULE).min(1, ACCESS_KEY_RULE),
  secret_access_key: z.string(SECRET_KEY_RULE).min(1, SECRET_KEY_RULE),
  encryption: encryptionSchema,
});

function hasNoCredentials(url: string): boolean {
  if (!URL.canParse(url)) return true;
  const { username, password } = new URL(url);
  return username + password === '';
}

export const BACKEND_TYPE_RULE = 'must be filesystem or s3';

// The message of a function would get the whole backend, with its secret.
export const backendSchema = z.discriminatedUnion('type', [filesystemSchema, s3Schema], BACKEND_TYPE_RULE);

/** As much of `storage` as is needed to judge its backends side by side, whatever else is wrong with them. */
const sketch = z.object({
  default_backend: z.unknown().optional(),
  backends: z
    .array(
      z.object({ name: z.unknown().optional(), type: z.unknown().optional(), path: z.unknown().optional() }),
    )
    .min(1),
});

const isSketched = ({ value }: { readonly value: unknown }): boolean => sketch.safeParse(value).success;

const storageSchema = z
  .strictObject({
    default_backend: z.string().optional(),
    backends: z.array(backendSchema).min(1, 'must have a backend'),
  })
  .superRefine(
    (storage, context) => {
      const { default_backend, backends } = sketch.parse(storage);
      const names = backends.map(({ name }) => name).filter(isText);
      const paths = backends.filter(({ type }) => type === 'filesystem').map(({ path }) => path);
      for (const twice of [...repeated(names), ...repeated(paths.filter(isText).map(normalize))]) {
        context.addIssue({ code: 'custom', path: ['backends'], message: `"${twice}" is declared twice` });
      }
      if (isText(default_backend) && !names.includes(default_backend)) {
        const message = `"${default_backend}" is not one of the backends: ${names.join(', ')}`;
        context.addIssue({ code: 'custom', path: ['default_backend'], message });
      }
    },
    { when: isSketched },
  );

const isText = (value: unknown): value is string => typeof value === 'string';

// Flags and variables can stand in for these, so they are judged when it is known which of them count.
const settings = {
  host: z.unknown().optional(),
  port: z.unknown().optional(),
  redis: z.unknown().optional(),
  public_url: z.unknown().optional(),
  domain: z.unknown().optional(),
  workers: z.unknown().optional(),
  log_format: z.unknown().optional(),
  log_keys: z.unknown().optional(),
  access_log: z.unknown().optional(),
  metrics_token: z.unknown().optional(),
  metrics_port: z.unknown().optional(),
};

const DRAIN_RULE = mustBe('a whole number of milliseconds from 1000 to 3600000');

const jobsSchema = z.strictObject({
  drain_ms: z.int(DRAIN_RULE).min(1_000, DRAIN_RULE).max(3_600_000, DRAIN_RULE).optional(),
});

const tlsSchema = z.strictObject({ cert: z.string().min(1).optional(), key: z.string().min(1).optional() });

const fileSchema = z.strictObject({
  ...settings,
  data: z.string().min(1).optional(),
  tls: tlsSchema.optional(),
  storage: storageSchema.optional(),
  times: timesSchema.optional(),
  jobs: jobsSchema.optional(),
});

type Settings = { readonly [name in keyof typeof settings]?: unknown };
export type DeclaredBackend = z.infer<typeof filesystemSchema> | z.infer<typeof s3Schema>;

/** A configuration file, read as far as it can be. */
export interface ReadFile {
  /** Not judged. */
  readonly settings: Settings;
  /** All of it; undefined where there is a problem. */
  readonly file?: z.infer<typeof fileSchema>;
  readonly problems: readonly string[];
}

/**
 * Reads the YAML text of the configuration file at `path`. `${env:NAME}` inside a value stands for that variable. Every unknown key, wrong
 * value and missing variable is one of the problems.
 */
export async function readConfigFile(text: string, path: string, variables: Variables): Promise<ReadFile> {
  const missing = new Map<string, string>();
  const { parsed, problem } = await parseYaml(text);
  if (problem !== undefined) return { settings: {}, problems: [`${path}: not YAML: ${problem}`] };
  const document = substitute(parsed, { at: '', variables, missing }) ?? {};
  const { data: file, issues } = judge(fileSchema, document);
  const problems = [
    ...[...missing].map(([at, name]) => `${path}: ${at}: environment variable ${name} is not set`),
    // Of a value that is not known no more can be said.
    ...issues.filter(({ at }) => !missing.has(at)).map((issue) => `${path}: ${issueText(issue)}`),
  ];
  return { settings: typeof document === 'object' ? document : {}, problems, ...(file && { file }) };
}

async function parseYaml(text: string): Promise<{ readonly parsed?: unknown; readonly problem?: string }> {
  // Most of those that read their configuration here have no file.
  const { parse } = await import('yaml');
  try {
    return { parsed: parse(text) };
  } catch (error) {
    return { problem: firstLine(error) };
  }
}

/** `value` as the schema has it, or a ConfigError with one `setting: what is wrong` for each issue. */
export function validate<T>(schema: z.ZodType<T>, value: unknown, source: string): T {
  const { data, issues } = judge(schema, value);
  if (data !== undefined) return data;
  throw new ConfigError(issues.map((issue) => `${source}: ${issueText(issue)}`));
}

interface Issue {
  /** The setting, such as `storage.backends[0].path`; empty for the whole. */
  readonly at: string;
  readonly message: string;
}

function judge<T>(schema: z.ZodType<T>, value: unknown): { data?: T; issues: Issue[] } {
  const result = schema.safeParse(value);
  if (result.success) return { data: result.data, issues: [] };
  const issues = result.error.issues.map(({ path, message }) => ({
    at: path.map(segment).join('').replace(/^\./, ''),
    message,
  }));
  return { issues };
}

const issueText = ({ at, message }: Issue): string => (at === '' ? message : `${at}: ${message}`);

/** The parser goes on with an excerpt of the file. */
function firstLine(error: unknown): string {
  const message = messageOf(error);
  return (message.split('\n', 1)[0] ?? '').replace(/:$/, '');
}

function repeated(values: readonly string[]): string[] {
  return values.filter((value, index) => values.indexOf(value) !== index);
}

interface Place {
  readonly at: string;
  readonly variables: Variables;
  /** Variables that are not set, by the setting that asks for one. */
  readonly missing: Map<string, string>;
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

/** Undefined where a variable is not set. */
function substituteText(text: string, { at, variables, missing }: Place): string | undefined {
  const names = [...text.matchAll(VARIABLE)].map(([, name = '']) => name);
  const unset = names.find((name) => variables[name] === undefined);
  if (unset === undefined) return text.replaceAll(VARIABLE, (_, name: string) => variables[name] ?? '');
  missing.set(at.replace(/^\./, ''), unset);
  return undefined;
}

function segment(part: PropertyKey): string {
  return typeof part === 'number' ? `[${part}]` : `.${String(part)}`;
}
