import type { BegunPassJson } from '../gateway/admin/pass-schemas.js';
import type { PassKind } from '../state/passes/pass-record.js';
import { formatBytes, formatCount, formatPercent } from './format.js';
import type { Io } from './io.js';
import { rateWords } from './pass-text.js';

/** Where what is watched is shown. */
export interface Display {
  /** Rather than for programs. */
  readonly isForReaders: boolean;
  show(pass: BegunPassJson): void;
  /** Leaves the terminal as it was. */
  close(): void;
}

/** A bar on a terminal, or one JSON line for each change. */
export async function openDisplay(kind: PassKind, io: Io, asJson: boolean | undefined): Promise<Display> {
  return io.stdout.isTTY && !asJson ? openBar(kind, io) : lines(io);
}

function lines({ stdout }: Io): Display {
  let last: string | undefined;
  return {
    isForReaders: false,
    show(pass) {
      const line = JSON.stringify(pass);
      if (line !== last) stdout.write(`${line}\n`);
      last = line;
    },
    close: () => undefined,
  };
}

/** The bar has its parts from a pass, not from counts of its own: what is done may become less when another pass follows. */
async function openBar(kind: PassKind, { stdout }: Io): Promise<Display> {
  // Of a CommonJS module only this is sure to be there.
  const { SingleBar, Format } = (await import('cli-progress')).default;
  const bar = new SingleBar({
    stream: stdout,
    // Signals are the command's affair.
    gracefulExit: false,
    hideCursor: true,
    linewrap: true,
    barsize: 24,
    format: (options, params, { text = '' }: { text?: string }) =>
      `[${Format.BarFormat(params.progress, options)}] ${text}`,
  });
  let isOpen = false;
  return {
    isForReaders: true,
    show(pass) {
      const { value, text } = { value: shareOf(pass), text: barText(kind, pass) };
      if (isOpen) bar.update(value, { text });
      else bar.start(1, value, { text });
      isOpen = true;
    },
    close() {
      if (isOpen) bar.stop();
    },
  };
}

/** Of objects or bytes, whichever is less far: small objects take requests, large ones time. */
export function shareOf({ objects, bytes, exact }: BegunPassJson): number {
  if (!exact && objects.total === 0) return 0;
  const share = ({ done, total }: BegunPassJson['objects']) => (total === 0 ? 1 : Math.min(1, done / total));
  return Math.min(share(objects), share(bytes));
}

/** What a bar tells beside itself: what matters most comes first, for a narrow terminal cuts it off. */
export function barText(kind: PassKind, pass: BegunPassJson): string {
  const { state, objects, bytes, exact, counts } = pass;
  const about = exact ? '' : '~';
  const share = shareOf(pass);
  const wrong = kind === 'sweep' ? (['failed', 'drifted'] as const) : (['different', 'missing'] as const);
  return [
    `${formatPercent(share, 1)}`,
    ...wrong.flatMap((outcome) => {
      const { objects: found = 0 } = counts[outcome] ?? {};
      return found === 0 ? [] : [`${formatCount(found)} ${outcome}`];
    }),
    `${formatCount(objects.done)}/${about}${formatCount(objects.total)} objects`,
    `${formatBytes(bytes.done)}/${about}${formatBytes(bytes.total)}`,
    ...(state === 'running' ? [rateWords(pass)] : [state]),
    ...(pass.waits_for === null ? [] : [`waits for ${pass.waits_for}`]),
  ]
    .filter((part) => part !== '')
    .join('  ');
}
