import type { BegunPassJson } from '../gateway/admin/pass-schemas.js';
import type { PassKind } from '../state/passes/pass-record.js';
import { formatBytes, formatCount, formatPercent } from './format.js';
import { rateWords } from './pass-text.js';

/** Of objects or bytes, whichever is less far: small objects take requests, large ones time. */
export function shareOf({ objects, bytes, exact }: BegunPassJson): number {
  if (!exact && objects.total === 0) return 0;
  const share = ({ done, total }: BegunPassJson['objects']) => (total === 0 ? 1 : Math.min(1, done / total));
  return Math.min(share(objects), share(bytes));
}

/** What a bar tells beside itself. */
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
