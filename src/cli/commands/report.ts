import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type {
  ReportLineJson,
  ReportSummaryJson,
  VerifiedKeyJson,
} from '../../gateway/admin/comparison-schemas.js';
import { LEVELS } from '../../sweep/compare/verified.js';
import { type AdminClient, withAdmin } from '../admin-client.js';
import { bucketPath } from '../bucket-path.js';
import { CliError } from '../failure.js';
import { formatBytes, formatCount, formatMany } from '../format.js';
import type { Io } from '../io.js';

interface ReportFlags {
  readonly format: 'ndjson' | 'csv';
  readonly level: string;
  readonly sample: number;
  readonly output?: string;
}

export function addReport(storage: Command, io: Io): void {
  storage
    .command('report <name>')
    .description('write a manifest of every key of a bucket and its shadow, and what both say of it')
    .addOption(new Option('--format <format>', 'what to write').choices(['ndjson', 'csv']).default('ndjson'))
    .addOption(
      new Option(
        '--level <level>',
        'compare what the listings show, what both stores say of each object, or all its bytes',
      )
        .choices(LEVELS)
        .default('listing'),
    )
    .addOption(
      new Option('--sample <share>', 'of the keys, such as 1%: the same ones each time')
        .argParser(shareOf)
        .default(1, 'all'),
    )
    .option('--output <file>', 'where to write it, once it is whole (default: stdout)')
    .action((name: string, flags: ReportFlags) =>
      withAdmin(io, (client) => report(client, name, { flags, io })),
    );
}

/** `1%` and `0.01` are the same share. */
export function shareOf(text: string): number {
  const [, number = '', percent] = /^(\d+(?:\.\d+)?)(%)?$/.exec(text) ?? [];
  const share = number === '' ? Number.NaN : Number(number) / (percent ? 100 : 1);
  if (share > 0 && share <= 1) return share;
  throw new InvalidArgumentError('It must be a share of the keys above 0 and up to 1, or 100%.');
}

interface Reporting {
  readonly flags: ReportFlags;
  readonly io: Io;
}

async function report(client: AdminClient, name: string, { flags, io }: Reporting): Promise<void> {
  const { format, level, sample, output } = flags;
  const query = new URLSearchParams({ level, sample: String(sample) });
  const told: { summary?: ReportSummaryJson['summary'] } = {};
  const keys = keysOf(client.lines(`${bucketPath(name)}/report?${query}`), told);
  const text = format === 'csv' ? asCsv(keys) : asNdjson(keys, told);
  if (output === undefined) await writeTo(io.stdout, text);
  else await writeWhole(text, output);
  if (told.summary) io.stderr.write(`${summaryText(told.summary)}\n`);
}

/** The keys of a report. @throws CliError unless it comes to its summary, which is noted: without one it is not whole */
async function* keysOf(
  lines: AsyncGenerator<string>,
  told: { summary?: ReportSummaryJson['summary'] },
): AsyncGenerator<VerifiedKeyJson> {
  for await (const line of lines) {
    if (line === '') continue;
    const item = JSON.parse(line) as ReportLineJson;
    if ('error' in item) throw new CliError(`the report is not whole: ${item.error.message}`);
    if ('summary' in item) told.summary = item.summary;
    else yield item;
  }
  if (!told.summary) throw new CliError('the report is not whole: the gateway broke it off');
}

async function* asNdjson(
  keys: AsyncGenerator<VerifiedKeyJson>,
  told: { readonly summary?: ReportSummaryJson['summary'] },
): AsyncGenerator<string> {
  for await (const key of keys) yield `${JSON.stringify(key)}\n`;
  yield `${JSON.stringify(told)}\n`;
}

const COLUMNS = [
  'key',
  'size',
  'source_etag',
  'target_etag',
  'hash_algorithm',
  'hash',
  'level',
  'result',
  'reason',
] as const;

async function* asCsv(keys: AsyncGenerator<VerifiedKeyJson>): AsyncGenerator<string> {
  const { stringify } = await import('csv-stringify/sync');
  yield stringify([[...COLUMNS]]);
  for await (const key of keys) yield stringify([COLUMNS.map((column) => key[column])]);
}

/** Whoever reads along may have seen enough, as `head` does. */
async function writeTo(stdout: Writable, text: AsyncGenerator<string>): Promise<void> {
  await pipeline(Readable.from(text), stdout, { end: false }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

/** A file has its name once all of it is there. */
async function writeWhole(text: AsyncGenerator<string>, file: string): Promise<void> {
  const part = `${file}.part`;
  try {
    await pipeline(Readable.from(text), createWriteStream(part) as Writable);
    await rename(part, file);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}

function summaryText({ keys, bytes, results }: ReportSummaryJson['summary']): string {
  const counts = Object.entries(results)
    .filter(([, count]) => count > 0)
    .map(([result, count]) => `${formatCount(count)} ${result}`);
  return [`${formatMany(keys, 'key')} (${formatBytes(bytes)})`, ...counts].join(', ');
}
