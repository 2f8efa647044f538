import { hasRoomForProvenance, readProvenance } from '../../shadow/copying/provenance.js';
import { isSameETag, type Seen, type SeenObject } from './sight.js';
import type { Judgement } from './verified.js';

/** A key that the target has in another way than the shadow, or alone. */
export interface Difference {
  readonly source: Seen;
  readonly target: SeenObject;
  readonly judgement: Judgement;
}

interface Settings {
  readonly provenance: boolean;
  readonly from: string;
  readonly writeThrough: boolean;
}

/** Whose it is that the target has another object than the shadow: a copy that is wrong, or out of date, or what clients wrote. */
export function explain(settings: Settings, key: string, difference: Difference): Judgement {
  return difference.source.state === 'present'
    ? explainOther(settings, key, { ...difference, source: difference.source })
    : { ...difference.judgement, reason: whyAlone(settings, key, difference.target) };
}

function explainOther(
  settings: Settings,
  key: string,
  { source, target, judgement }: Difference & { readonly source: SeenObject },
): Judgement {
  const { headers = {} } = target;
  const copied = readProvenance(key, headers, settings.from);
  const seen = judgement.reason ?? '';
  if (copied && isSameETag(copied.etag, source.etag)) return judgement;
  if (copied) return { ...judgement, reason: `${seen}: the shadow's object was written after it was copied` };
  if (settings.writeThrough)
    return { ...judgement, reason: `${seen}: clients wrote it, and the shadow does not have that` };
  if (!wouldTell(settings, target))
    return { ...judgement, reason: `${seen}: whether clients wrote it cannot be told, it has no provenance` };
  return { result: 'rewritten', reason: 'clients wrote it to the target' };
}

function whyAlone(settings: Settings, key: string, target: SeenObject): string {
  if (readProvenance(key, target.headers ?? {}, settings.from))
    return 'a copy of an object that the shadow has no longer';
  if (settings.writeThrough) return 'clients wrote it, and the shadow does not have it';
  if (wouldTell(settings, target)) return 'clients wrote it to the target';
  return 'clients wrote it, or the shadow has its source no longer: it has no provenance';
}

/** Whether it would say so if it was a copy. */
export const wouldTell = (
  { provenance }: Pick<Settings, 'provenance'>,
  { headers = {} }: SeenObject,
): boolean => provenance && hasRoomForProvenance(headers);
