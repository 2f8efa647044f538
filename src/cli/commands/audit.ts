import type { Command } from 'commander';
import type { AuditEntryJson, AuditPageJson } from '../../gateway/admin/audit/routes.js';
import type { Clock } from '../../system/clock.js';
import { type AdminClient, withAdmin } from '../admin-client.js';
import { UsageError } from '../failure.js';
import { formatTable } from '../format.js';
import { type Io, print } from '../io.js';

interface Flags {
  readonly bucket?: string;
  readonly actor?: string;
  readonly action?: string;
  readonly since?: string;
  readonly limit: string;
  readonly json?: true;
}

export function addAudit(program: Command, io: Io): void {
  program
    .command('audit')
    .description('who changed what, the newest first')
    .option('--bucket <name>', 'changes of one bucket')
    .option('--actor <actor>', 'by one, such as token:ci, or of a kind: session:, token:, key:, system:')
    .option('--action <action>', 'one, such as bucket.create, or of a kind: bucket.')
    .option('--since <time>', 'from a time on (2026-11-22, 2026-11-22T09:00Z), or so long ago (30m, 12h, 7d)')
    .option('--limit <number>', 'the newest so many', '100')
    .option('--json', 'print one JSON document')
    .action((flags: Flags) => list(flags, io));
}

async function list({ limit, json, since, ...filters }: Flags, io: Io): Promise<void> {
  const count = limitOf(limit);
  const query = { ...filters, ...(since !== undefined && { since: timeOf(since, io.clock) }) };
  await withAdmin(io, async (client) => {
    const entries = await newest(client, query, count);
    const rows = entries.map(rowOf);
    const text = formatTable([['TIME', 'WHO', 'FROM', 'WHAT', 'ON', 'OUTCOME', 'CHANGE'], ...rows]);
    print(io, { json: { entries }, text }, json);
  });
}

const MAX_PAGE = 1_000;

async function newest(
  client: AdminClient,
  query: Readonly<Record<string, string>>,
  count: number,
): Promise<AuditEntryJson[]> {
  const entries: AuditEntryJson[] = [];
  let after: string | null = null;
  do {
    const limit = String(Math.min(count - entries.length, MAX_PAGE));
    const search = new URLSearchParams({ ...query, limit, ...(after !== null && { after }) });
    const page: AuditPageJson = await client.request('GET', `/audit?${search}`);
    entries.push(...page.entries);
    after = page.next;
  } while (after !== null && entries.length < count);
  return entries;
}

function rowOf({
  at,
  actor,
  address,
  action,
  bucket,
  object,
  outcome,
  reason,
  change,
}: AuditEntryJson): string[] {
  const on = [bucket, object].filter((name) => name !== null).join(' ');
  const asked = Object.entries(change ?? {}).map(([name, value]) => `${name}=${shown(value)}`);
  const told = [...(reason === null ? [] : [reason]), ...asked].join(' ');
  return [at, actor, address ?? '', action, on, outcome, told];
}

const shown = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

function limitOf(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new UsageError(`--limit "${text}" must be a whole number from 1 to 999999`);
}

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** ISO 8601. */
function timeOf(text: string, clock: Clock): string {
  const [, amount, unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const at = amount === undefined ? Date.parse(text) : clock.now() - Number(amount) * (UNITS[unit] ?? 0);
  if (Number.isFinite(at)) return new Date(at).toISOString();
  throw new UsageError(
    `--since "${text}" must be a time, such as 2026-11-22 or 2026-11-22T09:00Z, or 30m, 12h, 7d`,
  );
}
