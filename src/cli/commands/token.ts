import { type Command, InvalidArgumentError, Option } from 'commander';
import type { CreatedTokenJson, TokenJson } from '../../gateway/admin/tokens.js';
import { withAdmin } from '../admin-client.js';
import { formatTable, formatVariables } from '../format.js';
import { type Io, print } from '../io.js';
import { fetchAll } from '../pages.js';

interface JsonFlag {
  readonly json?: true;
}

interface CreateFlags extends JsonFlag {
  readonly name: string;
  readonly role: TokenJson['role'];
  /** Seconds. */
  readonly expires?: number;
}

export function addToken(program: Command, io: Io): void {
  const tokens = program.command('token').description('tokens for machines that use the admin API');
  tokens
    .command('create')
    .description('make a token, which PENUMBRA_TOKEN gives to these commands')
    .requiredOption('--name <name>', 'what it is for')
    .addOption(
      new Option('--role <role>', 'what it may do: everything (admin), or look (read)')
        .choices(['admin', 'read'])
        .default('read'),
    )
    .addOption(
      new Option(
        '--expires <time>',
        'how long it holds, such as 90d or 12h (default: until it is revoked)',
      ).argParser(seconds),
    )
    .option('--json', 'print one JSON document')
    .action((flags: CreateFlags) => create(flags, io));
  tokens
    .command('list')
    .alias('ls')
    .description('list the tokens')
    .option('--json', 'print one JSON document')
    .action((flags: JsonFlag) => list(flags, io));
  tokens
    .command('revoke <id>')
    .description('take a token away')
    .option('--json', 'print one JSON document')
    .action((id: string, flags: JsonFlag) => revoke(id, flags, io));
}

async function create({ name, role, expires: expires_in, json }: CreateFlags, io: Io): Promise<void> {
  await withAdmin(io, async (client) => {
    const created = await client.request<CreatedTokenJson>('POST', '/tokens', { name, role, expires_in });
    const text = formatVariables({ TOKEN_ID: created.id, PENUMBRA_TOKEN: created.token });
    print(io, { json: created, text }, json);
  });
}

async function list({ json }: JsonFlag, io: Io): Promise<void> {
  await withAdmin(io, async (client) => {
    const tokens = await fetchAll<'tokens', TokenJson>(client, { path: '/tokens', field: 'tokens' });
    const rows = tokens.map((one) => [one.id, one.name, one.role, one.created_at, one.expires_at ?? 'never']);
    const text = formatTable([['ID', 'NAME', 'ROLE', 'CREATED', 'EXPIRES'], ...rows]);
    print(io, { json: { tokens }, text }, json);
  });
}

async function revoke(id: string, { json }: JsonFlag, io: Io): Promise<void> {
  await withAdmin(io, (client) => client.request('DELETE', `/tokens/${encodeURIComponent(id)}`));
  print(io, { json: { id, revoked: true }, text: [`revoked token ${id}`] }, json);
}

const SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;

function seconds(text: string): number {
  const [, count, unit] = /^([1-9]\d{0,8})([smhd])$/.exec(text) ?? [];
  if (count !== undefined && unit !== undefined) return Number(count) * SECONDS[unit as keyof typeof SECONDS];
  throw new InvalidArgumentError(
    'It must be a number of days, hours, minutes or seconds, such as 90d or 12h.',
  );
}
