import type { FindingJson, FindingsJson, PassJson } from '../gateway/admin/pass-schemas.js';
import type { AdminClient } from './admin-client.js';
import { formatMany, formatTable } from './format.js';
import { type Io, print } from './io.js';
import { fetchAll } from './pages.js';
import { isBegun } from './pass-text.js';

const FIRST = 10;

/** Prints all that a pass found of single keys. */
export async function printFindings(
  client: AdminClient,
  path: string,
  { io, asJson }: { readonly io: Io; readonly asJson: boolean | undefined },
): Promise<void> {
  const pass = await client.request<PassJson>('GET', path);
  const collection = { path: `${path}/findings`, field: 'findings' } as const;
  const findings = await fetchAll<'findings', FindingJson>(client, collection);
  const { spilled, spilled_to } = isBegun(pass) ? pass.findings : { spilled: 0, spilled_to: null };
  const rows = findings.map(({ at, what, attempts, reason, key }) => [
    at,
    what,
    String(attempts),
    reason,
    JSON.stringify(key),
  ]);
  const more = spilled === 0 ? [] : [`${formatMany(spilled, 'more finding')} in ${spilled_to}`];
  const text = [...formatTable([['AT', 'WHAT', 'TRIES', 'WHY', 'KEY'], ...rows]), ...more];
  print(io, { json: { findings, spilled, spilled_to }, text }, asJson);
}

/** Lines that name the first keys that a pass has found something of. */
export async function firstFindings(client: AdminClient, path: string): Promise<string[]> {
  const { findings } = await client.request<FindingsJson>('GET', `${path}/findings?limit=${FIRST}`);
  return formatTable(
    findings.slice(0, FIRST).map(({ what, key, reason }) => [what, JSON.stringify(key), reason]),
  );
}
