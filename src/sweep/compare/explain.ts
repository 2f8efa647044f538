import type { S3Service } from '../../s3/message.js';
import { type Provenance, readProvenance } from '../../shadow/copying/provenance.js';
import { seesShadow, writesBoth } from '../../shadow/rungs.js';
import type { KeyRecord } from '../../state/key-record.js';
import type { Ledger } from '../../state/ledger.js';
import type { Rung } from '../../state/rung.js';
import { compareListed } from './claims.js';
import { explain as explainDifference } from './explain-difference.js';
import { look, type Seen } from './sight.js';
import type { Judgement } from './verified.js';

/** The shadow of a bucket, as far as the key may be in it. */
export interface ShadowOfKey {
  readonly store: S3Service;
  readonly ledger: Pick<Ledger, 'record'>;
  readonly rung: Rung;
  readonly provenance: boolean;
  /** Its `sourceId`. */
  readonly from: string;
}

export interface ExplainOptions {
  readonly target: S3Service;
  /** None where the bucket has no shadow, or the key is outside of what is moved. */
  readonly shadow?: ShadowOfKey | undefined;
  readonly signal: AbortSignal;
}

/** What a GET of the key would come to now. */
export interface Outlook {
  readonly answer: 'target' | 'shadow' | 'not-found' | 'unavailable' | 'slow-down';
  /** Whether the shadow's object would be copied to the target in the same pass. */
  readonly copies: boolean;
  readonly why: string;
}

/** All that is known of one key. */
export interface Explanation {
  readonly key: string;
  readonly target: Seen;
  /** Undefined where no shadow has a part in it. */
  readonly shadow: Seen | undefined;
  /** The tombstone, the intents and the copies of the key. */
  readonly record: KeyRecord | undefined;
  /** Of the target's object; undefined where it is no copy. */
  readonly provenance: Provenance | undefined;
  /** Both stores' objects; undefined where not both have one. */
  readonly compared: Judgement | undefined;
  readonly get: Outlook;
}

/** Looks at a key everywhere, and changes nothing. @throws KvUnavailable, the signal's reason */
export async function explainKey(key: string, options: ExplainOptions): Promise<Explanation> {
  const { shadow, signal } = options;
  const target = await look(options.target, key, signal);
  const record = await shadow?.ledger.record(key);
  const source = shadow && (await look(shadow.store, key, signal));
  const provenance =
    target.state === 'present' ? readProvenance(key, target.headers ?? {}, shadow?.from) : undefined;
  return {
    key,
    target,
    shadow: source,
    record,
    provenance,
    compared: compare(key, target, { source, shadow }),
    get: outlook(target, { source, shadow, record }),
  };
}

interface InShadow {
  readonly source: Seen | undefined;
  readonly shadow: ShadowOfKey | undefined;
  readonly record?: KeyRecord | undefined;
}

function compare(key: string, target: Seen, { source, shadow }: InShadow): Judgement | undefined {
  if (target.state !== 'present' || source?.state !== 'present' || !shadow) return undefined;
  const judgement = compareListed(source, target);
  if (judgement.result === 'same') return judgement;
  const settings = { ...shadow, writeThrough: writesBoth(shadow) };
  return explainDifference(settings, key, { source, target, judgement });
}

/** READ, step by step, without taking one. */
function outlook(target: Seen, { source, shadow, record }: InShadow): Outlook {
  if (target.state === 'present') return { answer: 'target', copies: false, why: 'the target has it' };
  if (target.state === 'unknown') return unavailable(`the target ${target.reason}`);
  if (target.isMarked) return notFound('the target has a delete marker, which is final');
  if (!shadow || !source) return notFound('the target does not have it, and no shadow has a part in it');
  if (shadow.rung === 'opening')
    return { answer: 'slow-down', copies: false, why: 'the shadow is just being set' };
  if (!seesShadow(shadow)) return notFound('the target does not have it, and the shadow is not read now');
  if (record?.tombstone) return notFound('clients deleted it');
  if (source.state === 'unknown')
    return unavailable(`the target does not have it, and the shadow ${source.reason}`);
  if (source.state === 'absent') return notFound('neither store has it');
  return fromShadow(record);
}

function fromShadow(record: KeyRecord | undefined): Outlook {
  const why = 'the shadow alone has it';
  if (record && record.intents.length > 0)
    return { answer: 'shadow', copies: false, why: `${why}, and a write of it is under way` };
  return { answer: 'shadow', copies: true, why };
}

const notFound = (why: string): Outlook => ({ answer: 'not-found', copies: false, why });

const unavailable = (why: string): Outlook => ({ answer: 'unavailable', copies: false, why });
