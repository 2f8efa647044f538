import { withoutSecrets } from '../../../system/without-secrets.js';

/** Fields of requests that tell nothing that is to be kept. Any other, and any that comes with a later route, shows by its name alone. */
const SHOWN: ReadonlySet<string> = new Set(
  `name org backend target_bucket public shadow prefix target_prefix endpoint region write_through delete acl provenance when_drained swap_shadow force
  wait_seconds role type path encryption mode key_id previous strict probe probe_bucket force_path_style bucket expires_in max_bandwidth max_requests window
  on_drift catch_up level sample digest bytes expires_seconds run from is_last target_backend delete_source writes on_existing verify limits`.split(
    /\s+/,
  ),
);

const HIDDEN = '(not shown)';
const MAX_TEXT = 200;
const MAX_ITEMS = 20;
/** Of a whole change, as JSON. */
const MAX_CHANGE = 4_000;

/** What was asked for by a JSON body and a query, small, and without secrets. Undefined where that is nothing. */
export function changeOf(
  body: unknown,
  query: Readonly<Record<string, string>>,
): Record<string, unknown> | undefined {
  const asked = shown(isObject(body) ? { ...query, ...body } : query) as Record<string, unknown>;
  if (Object.keys(asked).length === 0) return undefined;
  return JSON.stringify(asked).length > MAX_CHANGE
    ? { fields: Object.keys(asked).slice(0, MAX_ITEMS) }
    : asked;
}

/** A text of an error, as it may be kept. */
export const clipped = (text: string): string => withoutSecrets(text).slice(0, MAX_TEXT);

function shown(value: unknown): unknown {
  if (typeof value === 'string') return clipped(value);
  if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map(shown);
  if (!isObject(value)) return value;
  const entries = Object.entries(value).slice(0, MAX_ITEMS * 2);
  return Object.fromEntries(
    entries.map(([name, item]) => [name.slice(0, MAX_TEXT), SHOWN.has(name) ? shown(item) : HIDDEN]),
  );
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
