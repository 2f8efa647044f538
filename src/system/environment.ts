/** Variables by name, as a process has them. An empty one counts as not set. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** Every variable that Penumbra knows, by the name that the code has for it; OpenTelemetry's SDK reads more of its own. */
const NAMES = {
  config: 'PENUMBRA_CONFIG',
  host: 'PENUMBRA_HOST',
  port: 'PENUMBRA_PORT',
  data: 'PENUMBRA_DATA',
  redis: 'PENUMBRA_REDIS',
  publicUrl: 'PENUMBRA_PUBLIC_URL',
  domain: 'PENUMBRA_DOMAIN',
  workers: 'PENUMBRA_WORKERS',
  tlsCert: 'PENUMBRA_TLS_CERT',
  tlsKey: 'PENUMBRA_TLS_KEY',
  rootAccessKeyId: 'PENUMBRA_ROOT_ACCESS_KEY_ID',
  rootSecretAccessKey: 'PENUMBRA_ROOT_SECRET_ACCESS_KEY',
  adminPassword: 'PENUMBRA_ADMIN_PASSWORD',
  masterKey: 'PENUMBRA_MASTER_KEY',
  logLevel: 'PENUMBRA_LOG_LEVEL',
  logFormat: 'PENUMBRA_LOG_FORMAT',
  logKeys: 'PENUMBRA_LOG_KEYS',
  accessLog: 'PENUMBRA_ACCESS_LOG',
  metricsToken: 'PENUMBRA_METRICS_TOKEN',
  metricsPort: 'PENUMBRA_METRICS_PORT',
  traceKeys: 'PENUMBRA_TRACE_KEYS',
  otlpEndpoint: 'OTEL_EXPORTER_OTLP_ENDPOINT',
  otlpTracesEndpoint: 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
  tracesExporter: 'OTEL_TRACES_EXPORTER',
  sdkDisabled: 'OTEL_SDK_DISABLED',
  url: 'PENUMBRA_URL',
  token: 'PENUMBRA_TOKEN',
  shadowAccessKey: 'PENUMBRA_SHADOW_ACCESS_KEY',
  shadowSecretKey: 'PENUMBRA_SHADOW_SECRET_KEY',
  backendAccessKey: 'PENUMBRA_BACKEND_ACCESS_KEY',
  backendSecretKey: 'PENUMBRA_BACKEND_SECRET_KEY',
  backendEncryptionKey: 'PENUMBRA_BACKEND_ENCRYPTION_KEY',
  configHome: 'XDG_CONFIG_HOME',
} as const;

export type Environment = {
  readonly [name in keyof typeof NAMES]?: string;
} & {
  /** All variables, for the `${env:NAME}` of the configuration file. */
  readonly variables: Variables;
};

/** The only reader of process.env: what is set there, by the names above. */
export function readEnvironment(variables: Variables = process.env): Environment {
  const known = Object.entries(NAMES).flatMap(([name, variable]) => {
    const value = variables[variable];
    return value === undefined || value === '' ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(known), variables };
}

/** The AWS SDK, which sets up and probes, warns on stderr of its end of support for Node 20: not the operator's affair. */
export function quietSdk(): void {
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
}

const ALLOCATOR = { MALLOC_TRIM_THRESHOLD_: 64 * 1024 * 1024, MALLOC_MMAP_THRESHOLD_: 1024 * 1024 };

/**
 * Each half of the engine's young generation, MiB: 16 of its own accord. What lives as long as a request or a copy is carried over whenever one is full,
 * and of those hundreds are under way.
 */
const SEMI_SPACE = { option: '--max-semi-space-size', mebibytes: 32 };

/**
 * Settings for the memory of a process that carries bodies, which are read only when it starts: glibc's allocator (bytes; mallopt(3)) would give most of what the
 * garbage collector frees at once back to the kernel, and fault it in again with the next bytes; NODE_OPTIONS has the young generation. What is set already stays.
 */
export function memorySettings(variables: Variables = process.env): Record<string, string> {
  const { NODE_OPTIONS: options = '' } = variables;
  const young = options.includes(SEMI_SPACE.option) ? '' : `${SEMI_SPACE.option}=${SEMI_SPACE.mebibytes}`;
  return {
    ...Object.fromEntries(
      Object.entries(ALLOCATOR).map(([name, bytes]) => [name, variables[name] ?? String(bytes)]),
    ),
    NODE_OPTIONS: `${options} ${young}`.trim(),
  };
}
