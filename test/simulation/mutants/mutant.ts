import type { S3Request, S3Response, S3Service } from '../../../src/s3/message.js';
import { createShadowed, type ShadowedBucket, type ShadowedOptions } from '../../../src/shadow/shadowed.js';
import { type KeyRecord, keyRecordSchema } from '../../../src/state/key-record.js';
import type { Kv, KvEntry } from '../../../src/state/kv.js';
import { Ledger } from '../../../src/state/ledger.js';
import { type LedgerParts, partsOf, REAL_RULES, type Rules } from '../rules.js';
import { CALM, type Scenario } from '../scenario.js';

/** A protocol that leaves one rule out, or breaks it. */
export interface Mutant {
  readonly rules: Rules;
  /** Where its mistake shows soonest. */
  readonly where?: Partial<Scenario>;
}

export type Mutants = Readonly<Record<string, Mutant>>;

/** Many who want one key at once, while nothing goes wrong. */
export const CROWD: Partial<Scenario> = {
  keys: 1,
  clients: 4,
  operations: 3,
  deeds: ['get', 'put', 'delete', 'sweep'],
  troubles: CALM,
};

/** A target that leaves it to the gateway that a late copy does not replace a newer object. */
export const NOTHING_CONDITIONAL = { put: false, complete: false, match: false };

export const withLedger = (Mutated: new (...parts: LedgerParts) => Ledger): Rules => ({
  ...REAL_RULES,
  ledger: (kv, clock) => new Mutated(...partsOf(kv, clock)),
});

export const withStores = (change: (options: ShadowedOptions) => Partial<ShadowedOptions>): Rules => ({
  ...REAL_RULES,
  shadowed: (options) => createShadowed({ ...options, ...change(options) }),
});

export const aroundService = (
  around: (options: ShadowedOptions, inner: ShadowedBucket) => S3Service,
): Rules => ({
  ...REAL_RULES,
  shadowed: (options) => {
    const bucket = createShadowed(options);
    return { ...bucket, service: around(options, bucket) };
  },
});

export interface Rewriting {
  /** What gateways take a record for when they look. */
  readonly found?: (record: KeyRecord) => KeyRecord;
  /** What they write instead of it. */
  readonly stored?: (record: KeyRecord) => KeyRecord;
}

const same = (record: KeyRecord): KeyRecord => record;

/** The records of all keys are other than the ledger means them to be. */
export const withRecords = (change: Rewriting): Rules => ({
  ...REAL_RULES,
  ledger: (kv, clock) => new Ledger(...partsOf(rewriting(kv, change), clock)),
});

/** A state that shows and keeps the records of keys so. */
export const rewriting = (kv: Kv, { found = same, stored = same }: Rewriting): Kv => ({
  ...kv,
  get: async (key: string): Promise<KvEntry | null> => {
    const entry = await kv.get(key);
    return entry && rewritten(entry, found);
  },
  commit: ({ sets = [], ...rest }) => kv.commit({ ...rest, sets: sets.map((set) => rewritten(set, stored)) }),
});

const rewritten = <T extends { readonly key: string; readonly value: string }>(
  pair: T,
  change: (record: KeyRecord) => KeyRecord,
): T =>
  pair.key.startsWith('key/') ? { ...pair, value: JSON.stringify(change(recordOf(pair.value))) } : pair;

const recordOf = (value: string): KeyRecord => keyRecordSchema.parse(JSON.parse(value));

/** Writes to a key's record whatever has become of it. */
export async function forceRecord(
  kv: Kv,
  key: string,
  change: (record: KeyRecord) => KeyRecord,
): Promise<void> {
  const name = `key/b/${key}`;
  const entry = await kv.get(name);
  if (entry) await kv.commit({ sets: [{ key: name, value: JSON.stringify(change(recordOf(entry.value))) }] });
}

export const isRead = ({ operation }: S3Request): boolean =>
  operation === 'GetObject' || operation === 'HeadObject';

const NO_SUCH_KEY = Buffer.from('<Error><Code>NoSuchKey</Code><Message>no</Message></Error>');

export const notFound = ({ method }: S3Request): S3Response =>
  method === 'HEAD' ? { status: 404, headers: {} } : { status: 404, headers: {}, body: NO_SUCH_KEY };
