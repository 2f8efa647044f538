import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import type { EncryptionSettings } from '../filters/encryption/encryption.js';
import { MasterKeyError, parseMasterKey } from '../state/master-key.js';
import type { Environment } from '../system/environment.js';
import { LOG_FORMATS, LOG_LEVELS, type OpenLoggerOptions } from '../system/logger.js';
import { messageOf } from '../system/thrown.js';
import { TIMES, type Times } from '../system/times.js';
import { ACCESS_LOGS, type AccessLog } from './access-log.js';
import {
  backendSchema,
  ConfigError,
  type DeclaredBackend,
  type ReadFile,
  readConfigFile,
  validate,
} from './config-file.js';
import { toEncryption } from './encryption-settings.js';
import { mustBe, secretMustBe } from './rules.js';
import type { TlsFiles } from './tls/pair.js';
import type { TraceSettings } from './tracing/tracing.js';

export type BackendConfig =
  | {
      readonly name: string;
      readonly type: 'filesystem';
      readonly path: string;
      readonly encryption?: EncryptionSettings | undefined;
    }
  | {
      readonly name: string;
      readonly type: 's3';
      readonly endpoint: string;
      readonly region: string;
      readonly forcePathStyle: boolean;
      readonly accessKeyId: string;
      readonly secretAccessKey: string;
      readonly encryption?: EncryptionSettings | undefined;
    };

/** Who may do everything. */
export interface RootKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** What a gateway runs with: validated, every path absolute. */
export interface Config {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly data: string;
  /** The URL of the Redis that holds the state; without it the state is embedded, under `data`. */
  readonly redis?: string | undefined;
  /** The address that clients use, without a trailing slash. */
  readonly publicUrl?: string | undefined;
  /** Without it the gateway speaks plain HTTP. */
  readonly tls?: TlsFiles | undefined;
  /** `<bucket>.<domain>` addresses a bucket by host name. */
  readonly domain?: string | undefined;
  readonly root?: RootKey | undefined;
  readonly adminPassword?: string | undefined;
  readonly masterKey?: string | undefined;
  readonly logLevel: (typeof LOG_LEVELS)[number];
  /** By whether stderr is a terminal, unless given. */
  readonly logFormat?: (typeof LOG_FORMATS)[number] | undefined;
  /** Whether keys of objects show in the log. */
  readonly logKeys?: 'on' | 'off';
  readonly accessLog?: AccessLog;
  /** Who has it may read the metrics; without one, whoever asks from this machine. */
  readonly metricsToken?: string | undefined;
  /** Where a process that only works on passes tells its metrics; 0 lets the system choose. */
  readonly metricsPort?: number | undefined;
  /** Where spans go, and more of it, OpenTelemetry's own variables say; without them there are none. */
  readonly tracing?: TraceSettings | undefined;
  readonly times: Times;
  /** How long a job waits for writes that were under way when the gate of its bucket was closed, ms; JOB_DRAIN_MS unless told. */
  readonly drainMs?: number | undefined;
  /** Processes that serve, each of them a gateway. */
  readonly workers: number;
  readonly backends: readonly BackendConfig[];
  readonly defaultBackend: string;
}

export const JOB_DRAIN_MS = 60_000;

/** What the command line says, as text. */
export interface ConfigFlags {
  readonly config?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: string | undefined;
  readonly data?: string | undefined;
  readonly redis?: string | undefined;
  readonly publicUrl?: string | undefined;
  readonly workers?: string | undefined;
  readonly tlsCert?: string | undefined;
  readonly tlsKey?: string | undefined;
  readonly logFormat?: string | undefined;
  readonly logKeys?: string | undefined;
  readonly accessLog?: string | undefined;
  readonly metricsToken?: string | undefined;
  readonly metricsPort?: string | undefined;
}

export interface ConfigSources {
  readonly flags: ConfigFlags;
  readonly environment: Environment;
  /** What relative paths of flags and environment are relative to; those of the file are relative to the file. */
  readonly cwd: string;
}

const TOKEN_RULE = secretMustBe('text without blanks');

const oneOf = <const T extends readonly string[]>(values: T) =>
  z.enum(values, mustBe(`one of ${values.join(', ')}`));

const portSchema = z
  .union([z.number(), z.string()])
  .refine((value) => isWithin(value, 0, 65_535), mustBe('a number from 0 to 65535'))
  .transform(Number);

const settingsSchema = z.object({
  host: z.string().min(1).default('127.0.0.1'),
  port: portSchema.default(9000),
  redis: z.url({ protocol: /^rediss?$/, ...secretMustBe('a redis:// or rediss:// URL') }).optional(),
  public_url: z.url({ protocol: /^https?$/, ...mustBe('an http:// or https:// URL') }).optional(),
  domain: z
    .string()
    .toLowerCase()
    .regex(/^[a-z0-9-]+(\.[a-z0-9-]+)*$/, mustBe('a host name without a port, such as s3.example.com'))
    .optional(),
  workers: z
    .union([z.number(), z.string()])
    .refine((value) => isWithin(value, 1, 64), mustBe('a number from 1 to 64'))
    .transform(Number)
    .default(1),
  log_level: oneOf(LOG_LEVELS).default('info'),
  log_format: oneOf(LOG_FORMATS).optional(),
  log_keys: oneOf(['on', 'off']).default('on'),
  access_log: oneOf(ACCESS_LOGS).default('all'),
  metrics_token: z.string(TOKEN_RULE).regex(/^\S+$/, TOKEN_RULE).optional(),
  metrics_port: portSchema.optional(),
});

/** Whether it is a whole number, written in at most five digits, from `least` to `most`. */
function isWithin(value: number | string, least: number, most: number): boolean {
  return /^\d{1,5}$/.test(String(value)) && least <= Number(value) && Number(value) <= most;
}

/** The configuration: flags win over the environment, that over the file. Throws ConfigError, naming every setting that cannot be used. */
export async function loadConfig(sources: ConfigSources): Promise<Config> {
  const { flags, environment, cwd } = sources;
  const path = resolvePath(cwd, flags.config ?? environment.config);
  const read = path === undefined ? NO_FILE : await readFileAt(path, environment);
  const settings = attempt(() => mergeSettings(flags, environment, read.settings));
  const root = attempt(() => rootKey(environment));
  const masterKey = attempt(() => checkedMasterKey(environment));
  const folder = path === undefined ? cwd : dirname(path);
  const tls = attempt(() => tlsFiles(sources, read.file, folder));
  const problems = [read, settings, root, masterKey, tls].flatMap(({ problems }) => problems);
  if (read.file === undefined || settings.value === undefined || problems.length > 0)
    throw new ConfigError(problems);
  const data = dataFolder(sources, resolvePath(folder, read.file.data));
  return {
    ...settings.value,
    data,
    tls: tls.value,
    root: root.value,
    tracing: traceSettings(environment),
    adminPassword: environment.adminPassword,
    masterKey: environment.masterKey,
    times: read.file.times ?? TIMES,
    drainMs: read.file.jobs?.drain_ms ?? JOB_DRAIN_MS,
    ...storage(read.file, folder, data),
  };
}

const NO_FILE: ReadFile = { settings: {}, file: {}, problems: [] };

interface Attempted<T> {
  readonly value?: T;
  readonly problems: readonly string[];
}

/** What is wrong with one part of the configuration does not hide what is wrong with the others. */
function attempt<T>(read: () => T): Attempted<T> {
  try {
    return { value: read(), problems: [] };
  } catch (error) {
    if (error instanceof ConfigError) return { problems: error.problems };
    if (error instanceof MasterKeyError) return { problems: [error.message] };
    throw error;
  }
}

const dataFolder = ({ flags, environment, cwd }: ConfigSources, inFile: string | undefined): string =>
  resolvePath(cwd, flags.data ?? environment.data) ?? inFile ?? resolve(cwd, 'data');

function mergeSettings(flags: ConfigFlags, environment: Environment, file: ReadFile['settings']) {
  const merged = {
    host: flags.host ?? environment.host ?? file.host,
    port: flags.port ?? environment.port ?? file.port,
    redis: flags.redis ?? environment.redis ?? file.redis,
    public_url: flags.publicUrl ?? environment.publicUrl ?? file.public_url,
    domain: environment.domain ?? file.domain,
    workers: flags.workers ?? environment.workers ?? file.workers,
    metrics_token: flags.metricsToken ?? environment.metricsToken ?? file.metrics_token,
    metrics_port: flags.metricsPort ?? environment.metricsPort ?? file.metrics_port,
    log_level: environment.logLevel,
    log_format: flags.logFormat ?? environment.logFormat ?? file.log_format,
    log_keys: flags.logKeys ?? environment.logKeys ?? file.log_keys,
    access_log: flags.accessLog ?? environment.accessLog ?? file.access_log,
  };
  const validated = validate(settingsSchema, merged, 'configuration');
  const {
    public_url,
    log_level,
    log_format,
    log_keys,
    access_log,
    metrics_token,
    metrics_port,
    ...settings
  } = validated;
  return {
    ...settings,
    publicUrl: public_url?.replace(/\/+$/, ''),
    logLevel: log_level,
    logFormat: log_format,
    logKeys: log_keys,
    accessLog: access_log,
    metricsToken: metrics_token,
    metricsPort: metrics_port,
  };
}

/** OpenTelemetry, "Environment Variable Specification": spans are sent where an endpoint is named, unless they are turned off. */
function traceSettings(environment: Environment): TraceSettings | undefined {
  const { otlpEndpoint, otlpTracesEndpoint, tracesExporter, sdkDisabled, traceKeys } = environment;
  const isOff = sdkDisabled?.toLowerCase() === 'true' || tracesExporter === 'none';
  if (isOff || (otlpEndpoint ?? otlpTracesEndpoint) === undefined) return undefined;
  return { keys: traceKeys?.toLowerCase() === 'true' };
}

/** What the log of a process is opened with. */
export const logSettings = ({ logLevel, logFormat, logKeys }: Config): OpenLoggerOptions => ({
  level: logLevel,
  format: logFormat,
  keys: logKeys !== 'off',
});

type StorageConfig = Pick<Config, 'backends' | 'defaultBackend'>;

function storage(file: NonNullable<ReadFile['file']>, folder: string, data: string): StorageConfig {
  if (file.storage === undefined) {
    const path = join(data, 'buckets');
    return { backends: [{ name: 'local-disk', type: 'filesystem', path }], defaultBackend: 'local-disk' };
  }
  const backends = file.storage.backends.map((declared) => toBackend(declared, folder));
  return { backends, defaultBackend: file.storage.default_backend ?? backends[0]?.name ?? '' };
}

/** A backend by its settings in JSON, as they stand in the state. Throws ConfigError. */
export const readBackend = (settings: string, name: string): BackendConfig =>
  toBackend(validate(backendSchema, JSON.parse(settings), `backend "${name}"`), '/');

function toBackend(declared: DeclaredBackend, folder: string): BackendConfig {
  const encryption = toEncryption(declared.encryption);
  if (declared.type === 'filesystem')
    return { ...declared, path: resolve(folder, declared.path), encryption };
  const { name, type, endpoint, region } = declared;
  return {
    name,
    type,
    endpoint,
    region,
    forcePathStyle: declared.force_path_style,
    accessKeyId: declared.access_key_id,
    secretAccessKey: declared.secret_access_key,
    encryption,
  };
}

function tlsFiles(
  { flags, environment, cwd }: ConfigSources,
  file: ReadFile['file'],
  folder: string,
): TlsFiles | undefined {
  const cert = resolvePath(cwd, flags.tlsCert ?? environment.tlsCert) ?? resolvePath(folder, file?.tls?.cert);
  const key = resolvePath(cwd, flags.tlsKey ?? environment.tlsKey) ?? resolvePath(folder, file?.tls?.key);
  if (cert === undefined && key === undefined) return undefined;
  if (cert !== undefined && key !== undefined) return { cert, key };
  const missing = cert === undefined ? 'tls.cert (--tls-cert)' : 'tls.key (--tls-key)';
  throw new ConfigError([`${missing} is not set: TLS needs a certificate and its key`]);
}

function rootKey({ rootAccessKeyId, rootSecretAccessKey }: Environment): RootKey | undefined {
  if (rootAccessKeyId === undefined && rootSecretAccessKey === undefined) return undefined;
  if (rootAccessKeyId === undefined || rootSecretAccessKey === undefined) {
    throw new ConfigError([
      'PENUMBRA_ROOT_ACCESS_KEY_ID and PENUMBRA_ROOT_SECRET_ACCESS_KEY must be set both or not at all',
    ]);
  }
  return { accessKeyId: rootAccessKeyId, secretAccessKey: rootSecretAccessKey };
}

function checkedMasterKey({ masterKey }: Environment): void {
  if (masterKey !== undefined) parseMasterKey(masterKey);
}

function resolvePath(folder: string, path: string | undefined): string | undefined {
  return path === undefined ? undefined : resolve(folder, path);
}

async function readFileAt(path: string, { variables }: Environment): Promise<ReadFile> {
  const { text, problem } = await readText(path);
  if (problem !== undefined) return { settings: {}, problems: [problem] };
  return readConfigFile(text, path, variables);
}

async function readText(path: string): Promise<{ readonly text: string; readonly problem?: string }> {
  try {
    return { text: await readFile(path, 'utf8') };
  } catch (error) {
    return { text: '', problem: `configuration file cannot be read: ${messageOf(error)}` };
  }
}
