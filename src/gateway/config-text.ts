import { stringify } from 'yaml';
import type { Config } from './config.js';

const REDACTED = '(redacted)';

/** Settings that do not show, by the names that they have in the file. */
const SECRETS: ReadonlySet<string> = new Set(['access_key_id', 'secret_access_key', 'key']);

/**
 * What a gateway runs with, defaults and all, as the YAML of its file. Secrets do not show; what the environment alone can say stands in
 * comments.
 */
export function configText(config: Config): string {
  const { root, adminPassword, masterKey, logLevel, defaultBackend, backends, drainMs, ...settings } = config;
  const file = {
    ...settings,
    storage: { defaultBackend, backends },
    ...(drainMs !== undefined && { jobs: { drainMs } }),
  };
  const rest = {
    'log level': logLevel,
    'root key': root ? 'set' : 'not set',
    'admin password': adminPassword === undefined ? 'made on the first start' : 'set',
    'master key': masterKey === undefined ? `${config.data}/master-key` : 'set',
  };
  const comments = Object.entries(rest).map(([name, value]) => `# ${name}: ${value}\n`);
  return stringify(asInFile(file)) + comments.join('');
}

/** With the names of the file, and without secrets. */
function asInFile(value: unknown): unknown {
  if (typeof value === 'string') return withoutPassword(value);
  if (Array.isArray(value)) return value.map(asInFile);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, item]) => [snakeCase(name), item] as const);
  const shown = entries.filter(([, item]) => item !== undefined);
  return Object.fromEntries(
    shown.map(([name, item]) => [name, SECRETS.has(name) ? REDACTED : asInFile(item)]),
  );
}

/** A URL can have a password in it. */
function withoutPassword(text: string): string {
  if (!URL.canParse(text)) return text;
  const { username, password } = new URL(text);
  return username + password === '' ? text : text.replace(/\/\/[^/]*@/, `//${REDACTED}@`);
}

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
