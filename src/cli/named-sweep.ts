import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type ManifestEntry, type ManifestFormat, readManifest } from '../sweep/plan/manifest.js';
import { ManifestError } from '../sweep/plan/manifest-error.js';
import { systemClock } from '../system/clock.js';
import type { AdminClient } from './admin-client.js';
import { GatewayAway } from './admin-http.js';
import { CliError } from './failure.js';

export interface NamedSweep {
  readonly client: AdminClient;
  /** Where the admin API has the sweep. */
  readonly path: string;
  readonly file: string;
  readonly format: ManifestFormat;
  readonly settings: object;
}

/** Keys that are sent at once, and their bytes at most: a body of the admin API has 64 KiB. */
const MAX_KEYS = 1_000;
const MAX_BYTES = 48 * 1024;
/** While there is enough to do, or the gateway is away, ms. */
const PAUSE_MS = 1_000;
/** How long a gateway may be away, in pauses. */
const MAX_AWAY = 120;

interface Counted {
  readonly digest: string;
  readonly keys: number;
  readonly bytes: number;
}

/**
 * Has the keys swept that a manifest names. The file is read twice: whole, so that nothing is begun by one that is not in order; then key by key, as the sweep
 * gets on. One that broke off goes on where it was. Resolves when all keys have been named.
 *
 * @throws CliError
 */
export async function sweepNamed(named: NamedSweep): Promise<void> {
  try {
    const counted = await count(named);
    const begun = await named.client.request<{ run: string }>('POST', `${named.path}/named`, {
      ...named.settings,
      ...counted,
    });
    await feed(named, { run: begun.run, total: counted.keys });
  } catch (error) {
    if (error instanceof ManifestError)
      throw new CliError(`${named.file}: ${error.message}`, { cause: error });
    if (isFileError(error))
      throw new CliError(`${named.file} cannot be read: ${error.message}`, { cause: error });
    throw error;
  }
}

const entriesOf = ({ file, format }: NamedSweep): AsyncGenerator<ManifestEntry> =>
  readManifest(createReadStream(file), { format });

async function count(named: NamedSweep): Promise<Counted> {
  const digest = createHash('sha256');
  let [keys, bytes] = [0, 0];
  for await (const { key, size = 0 } of entriesOf(named)) {
    digest.update(`${key}\0`);
    keys += 1;
    bytes += size;
  }
  return { digest: digest.digest('hex'), keys, bytes };
}

interface Fed {
  readonly run: string;
  readonly total: number;
}

async function feed(named: NamedSweep, { run, total }: Fed): Promise<void> {
  let sent = await send(named, { run, from: 0, keys: [], is_last: total === 0 });
  let place = 0;
  for await (const keys of inBodies(entriesOf(named))) {
    const [from, end] = [place, place + keys.length];
    place = end;
    // A sweep that goes on has some of them.
    if (sent >= end) continue;
    const missing = keys.slice(Math.max(0, sent - from));
    sent = await send(named, { run, from: end - missing.length, keys: missing, is_last: end === total });
  }
}

interface Body {
  readonly run: string;
  readonly from: number;
  readonly keys: readonly { readonly key: string; readonly size?: number | undefined }[];
  readonly is_last: boolean;
}

/** Until they are taken: a sweep that has enough to do takes none for a while, and a gateway may be away. */
async function send({ client, path }: NamedSweep, body: Body): Promise<number> {
  let away = 0;
  for (;;) {
    try {
      const answer = await client.request<{ keys: number; is_full: boolean }>(
        'POST',
        `${path}/named/keys`,
        body,
      );
      if (!answer.is_full) return answer.keys;
      away = 0;
    } catch (error) {
      if (!(error instanceof GatewayAway) || away >= MAX_AWAY) throw error;
      away += 1;
    }
    await systemClock.sleep(PAUSE_MS);
  }
}

async function* inBodies(entries: AsyncIterable<ManifestEntry>): AsyncGenerator<Body['keys'][number][]> {
  let keys: Body['keys'][number][] = [];
  let bytes = 0;
  for await (const { key, size } of entries) {
    const length = Buffer.byteLength(JSON.stringify(key)) + 32;
    if (keys.length > 0 && (keys.length >= MAX_KEYS || bytes + length > MAX_BYTES)) {
      yield keys;
      keys = [];
      bytes = 0;
    }
    keys.push({ key, ...(size !== undefined && { size }) });
    bytes += length;
  }
  if (keys.length > 0) yield keys;
}

const isFileError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'syscall' in error && 'path' in error;
