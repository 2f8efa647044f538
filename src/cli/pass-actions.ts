import type { BegunPassJson, PassJson, RetriedPassJson } from '../gateway/admin/pass-schemas.js';
import type { PassKind } from '../state/passes/pass-record.js';
import type { AdminClient } from './admin-client.js';
import { bucketPath } from './bucket-path.js';
import { CliError, UsageError } from './failure.js';
import { formatCount, formatObjects } from './format.js';
import { type Io, print } from './io.js';
import { barText, shareOf } from './pass-bar.js';
import { firstFindings, printFindings } from './pass-findings.js';
import { isBegun, NOUNS, passText } from './pass-text.js';
import { openDisplay } from './progress.js';
import { watch } from './watch.js';

export const ACTIONS = ['start', 'set', 'pause', 'resume', 'stop', 'retry-failed', 'status'] as const;
export type Action = (typeof ACTIONS)[number];

/** After which it makes sense to look on. */
const WATCHED: readonly string[] = ['start', 'resume', 'retry-failed', 'status'];

export interface PassCommand {
  readonly kind: PassKind;
  readonly bucket: string;
  readonly action: Action | 'findings';
  /** For the admin API; those that are undefined stay as they are. */
  readonly settings: object;
  /** Of all that failed these alone. */
  readonly keys?: readonly string[] | undefined;
  readonly watch: boolean | undefined;
  readonly asJson: boolean | undefined;
}

/** @throws UsageError for flags that say nothing to the action */
export function assertFitting({ action, settings, keys, watch }: PassCommand): void {
  const isSet = Object.values(settings).some((value) => value !== undefined);
  if (isSet && action !== 'start' && action !== 'set')
    throw new UsageError(`settings go with start and set, not with ${action}`);
  if (!isSet && action === 'set')
    throw new UsageError('nothing to set: pass --max-bandwidth, --max-requests, --window or the like');
  if (keys && action !== 'retry-failed')
    throw new UsageError(`--key goes with retry-failed, not with ${action}`);
  if (watch && !WATCHED.includes(action))
    throw new UsageError(`--watch goes with ${WATCHED.join(', ')}, not with ${action}`);
}

/** Does what was asked for and tells how far the pass is; with `watch` until it is over. */
export async function runPassCommand(client: AdminClient, command: PassCommand, io: Io): Promise<void> {
  const { kind, bucket, action, asJson } = command;
  const path = `${bucketPath(bucket)}/${kind}`;
  if (action === 'findings') return printFindings(client, path, { io, asJson });
  if (command.watch && action === 'status') return watchToTheEnd(client, command, io);
  const pass = await ask(client, path, { ...command, action });
  if (command.watch) return watchToTheEnd(client, command, io);
  print(io, { json: pass, text: await textOf(client, command, pass) }, asJson);
}

function ask(
  client: AdminClient,
  path: string,
  { action, settings, keys }: PassCommand & { readonly action: Action },
): Promise<PassJson | RetriedPassJson> {
  if (action === 'status') return client.request('GET', path);
  if (action === 'start') return client.request('POST', path, settings);
  if (action === 'set') return client.request('PATCH', path, settings);
  return client.request('POST', `${path}/${action}`, keys && { keys });
}

async function textOf(client: AdminClient, command: PassCommand, pass: PassJson): Promise<string[]> {
  const { kind, bucket, keys } = command;
  const path = `${bucketPath(bucket)}/${kind}`;
  const retried = 'retried' in pass ? [retriedText(Number(pass.retried), keys)] : [];
  const hasFound = kind === 'verify' && isBegun(pass) && pass.findings.kept > 0;
  return [
    ...retried,
    ...passText(kind, bucket, pass),
    ...(hasFound ? await firstFindings(client, path) : []),
  ];
}

function retriedText(retried: number, keys: readonly string[] | undefined): string {
  const text = `${formatObjects(retried)} tried again`;
  return keys && retried < keys.length
    ? `${text}; of the others none has failed, or they are tried already`
    : text;
}

async function watchToTheEnd(client: AdminClient, command: PassCommand, io: Io): Promise<void> {
  const { kind, bucket, asJson } = command;
  const path = `${bucketPath(bucket)}/${kind}`;
  const words = `the ${NOUNS[kind]} of ${bucket}`;
  const bar = { share: shareOf, text: (pass: BegunPassJson) => barText(kind, pass) };
  const display = await openDisplay(bar, io, asJson);
  const begun = (pass: PassJson): BegunPassJson => {
    if (isBegun(pass)) return pass;
    throw new CliError(`${words} was not begun`);
  };
  const isOver = (pass: PassJson) => begun(pass).is_over;
  const show = (pass: PassJson) => display.show(begun(pass));
  const pass = begun(await watch<PassJson>({ io, client, path, words, show, isOver }).finally(display.close));
  if (display.isForReaders) print(io, { json: pass, text: await textOf(client, command, pass) }, false);
  assertGood(command, pass);
}

/** @throws CliError when it did not come to its end, or not to a good one */
function assertGood({ kind, bucket }: PassCommand, { state, counts, failed }: BegunPassJson): void {
  const words = `the ${NOUNS[kind]} of ${bucket}`;
  if (state === 'stopped') throw new CliError(`${words} was stopped before all was gone through`);
  const [different, missing] = [counts.different?.objects ?? 0, counts.missing?.objects ?? 0];
  if (different + missing > 0)
    throw new CliError(
      `${words} found ${formatCount(different)} different and ${formatCount(missing)} missing (storage verify ${bucket} findings)`,
    );
  if (failed > 0)
    throw new CliError(`${words} failed for ${formatObjects(failed)} (storage ${kind} ${bucket} failures)`);
}
