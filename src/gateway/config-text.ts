import { stringify } from 'yaml';
import type { Config } from './config.js';

const REDACTED = '(redacted)';

/** Settings that do not show, by the names that they have in the file, behind the section that they are in. */
const SECRETS = /\b(metrics_token|access_key_id|secret_access_key|(encryption|previous)\.key)$/;

/**
 * What a gateway runs with, defaults and all, as the YAML of its file. Secrets do not show; what the environment alone can say stands in
 * comments.
 */
export function configText(config: Config): string {
  const {
    root,
    adminPassword,
    masterKey,
    logLevel,
    tracing,
    defaultBackend,
    backends,
    drainMs,
    ...settings
  } = config;
  const file = {
    ...settings,
    storage: { defaultBackend, backends },
    ...(drainMs !== undefined && { jobs: { drainMs } }),
  };
  const rest = {
    'log level': logLevel,
    traces: tracing ? 'sent, as the variables of OpenTelemetry say' : 'not sent',
    'root key': root ? 'set' : 'not set',
    'admin password': adminPassword === undefined ? 'made on the first start' : 'set',
    'master key': masterKey === undefined ? `${config.data}/master-key` : 'set',
  };
  const comments = Object.entries(rest).map(([name, value]) => `# ${name}: ${value}\n`);
  return stringify(asInFile(file)) + comments.join('');
}

/** With the names of the file, and without secrets. @param at the path of the value, without the places in lists */
function asInFile(value: unknown, at = ''): unknown {
  if (SECRETS.test(at)) return REDACTED;
  if (typeof value === 'string') return withoutPassword(value);
  if (Array.isArray(value)) return value.map((item) => asInFile(item, at));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  const named = entries.map(([name, item]) => [snakeCase(name), item] as const);
  return Object.fromEntries(named.map(([name, item]) => [name, asInFile(item, `${at}.${name}`)]));
}

/** A URL can have a password in it. */
function withoutPassword(text: string): string {
  if (!URL.canParse(text)) return text;
  const { username, password } = new URL(text);
  return username + password === '' ? text : text.replace(/\/\/[^/]*@/, `//${REDACTED}@`);
}

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
