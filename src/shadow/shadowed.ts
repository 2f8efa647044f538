import { keyInShadow } from '../filters/key-prefixes.js';
import { formatCopySource } from '../s3/copy-source.js';
import { S3Error } from '../s3/errors.js';
import { invalidArgument } from '../s3/invalid-argument.js';
import type { S3Request, S3Response, S3Service } from '../s3/message.js';
import type { OperationName } from '../s3/operations.js';
import { queryValue } from '../s3/params.js';
import { NULL_VERSION } from '../s3/xml/versions.js';
import type { BucketRecord } from '../state/buckets.js';
import { KeyBusy, type Ledger } from '../state/ledger.js';
import type { PageTokens } from '../state/page-tokens.js';
import { sameAddress } from '../state/place.js';
import type { UploadIds } from '../state/upload-ids.js';
import type { Clock } from '../system/clock.js';
import type { Logger } from '../system/logger.js';
import { BackgroundWork } from './background.js';
import { waitingForWriters } from './between-writes.js';
import type { ShadowContext } from './context.js';
import { copyObject } from './copy-object.js';
import type { AroundCopy, CopyListener, CopyLog } from './copying/copy-log.js';
import type { CopyOutcome } from './copying/copy-outcome.js';
import { Flights } from './copying/flights.js';
import { nothingLearnt } from './copying/learnt.js';
import type { LossLog } from './copying/loss.js';
import { type MigrateOptions, migrate } from './copying/migrate.js';
import { sourceId } from './copying/provenance.js';
import { type ReplaceOptions, type ReplaceOutcome, replaceCopy } from './copying/replace.js';
import { crossOrigin } from './cross-origin.js';
import { deleteObject } from './deleting/delete.js';
import { deleteObjects } from './deleting/delete-objects.js';
import { list } from './listing/list.js';
import { listVersions } from './listing/list-versions.js';
import { PageShares } from './listing/page-shares.js';
import { BucketPresence } from './miss.js';
import { askTargetAlone, isOfShadow, notToBeMoved } from './outside.js';
import { read } from './read.js';
import { align, recoverForever } from './recovery.js';
import { abortUpload } from './uploads/abort.js';
import { beginUpload } from './uploads/begin.js';
import { completeUpload } from './uploads/complete.js';
import { listUploads } from './uploads/list.js';
import { knowingPairs } from './uploads/pair.js';
import { uploadPart, uploadPartCopy } from './uploads/part.js';
import { migrateFirst, put } from './write.js';

export interface ShadowedOptions {
  readonly bucket: BucketRecord & { readonly shadow: NonNullable<BucketRecord['shadow']> };
  /** The bucket in its target backend. */
  readonly target: S3Service;
  /** The backend of the target, whatever bucket a request names. */
  readonly copySources: S3Service;
  /** The bucket that objects are moving from, its keys named as in the target. */
  readonly shadow: S3Service;
  /** Whether the gateway encrypts what is in the store; neither unless given. */
  readonly encrypted?: ShadowContext['encrypted'];
  readonly ledger: Ledger;
  /** The same state, for copies that nobody waits for: `ledger` unless given. */
  readonly patientLedger?: Ledger;
  readonly uploadIds: UploadIds;
  readonly pageTokens: PageTokens;
  /** Has all gateways take intents for all writes, in a while. */
  readonly demandIntents: () => Promise<void>;
  /** The gateway's id, which copies name. */
  readonly gateway: string;
  /** Is told what copies could not keep. */
  readonly losses: LossLog;
  readonly copiedByReads: CopyLog;
  readonly onCopy?: CopyListener;
  readonly aroundCopy?: AroundCopy | undefined;
  readonly clock: Clock;
  readonly log: Logger;
  /** Copies by reads under way at once; a miss beyond them is served without being copied. */
  readonly maxCopies?: number;
}

/** A bucket made of two, of which clients see one. */
export interface ShadowedBucket {
  readonly service: S3Service;
  /** Brings one object over unless the target has it, as a read of it would; as the sweep, unless told otherwise. Rejects only with the reason of `options.signal`. */
  migrate(key: string, options?: MigrateOptions): Promise<CopyOutcome>;
  /** Puts the shadow's object in the place of an older copy of it, unless clients have written or deleted that since. */
  replaceCopy(key: string, options: ReplaceOptions): Promise<ReplaceOutcome>;
  /** Has both stores show the same of a key, as clients see it: what a write before write-through left is copied to the shadow, or deleted there. */
  align(key: string): Promise<void>;
  /** Begins to look after what failed writes and deletes left behind; ends with `drain`. */
  startRecovery(): void;
  /** Resolves when copies and after-answer deletes have ended; aborts them when `signal` does. */
  drain(signal: AbortSignal): Promise<void>;
}

/** Operations on something that belongs to an object, answered by the target once it has the object. */
const NEEDS_OBJECT: ReadonlySet<OperationName> = new Set<OperationName>([
  'GetObjectTagging',
  'PutObjectTagging',
  'DeleteObjectTagging',
  'GetObjectAcl',
  'PutObjectAcl',
  'GetObjectAttributes',
  'GetObjectRetention',
  'PutObjectRetention',
  'GetObjectLegalHold',
  'PutObjectLegalHold',
  'GetObjectTorrent',
  'GetObjectAnnotation',
  'ListObjectAnnotations',
  'PutObjectAnnotation',
  'DeleteObjectAnnotation',
  'RestoreObject',
  'SelectObjectContent',
  'UpdateObjectEncryption',
]);

const OBJECT_READS: ReadonlySet<OperationName> = new Set<OperationName>(['GetObject', 'HeadObject']);

type Rule = (ctx: ShadowContext, request: S3Request) => Promise<S3Response>;

const byTarget: Rule = (ctx, request) => ctx.target(request);

const afterMigration: Rule = waitingForWriters(async (ctx, request) => {
  await migrateFirst(ctx, request.key);
  return ctx.target(request);
});

/** The target would take the object from its old name, under which the shadow's would show again. */
const notWithShadow: Rule = async () => {
  throw new S3Error(
    'NotImplemented',
    'Objects of a bucket that has a shadow cannot be renamed: copy, then delete.',
  );
};

/** Tells another gateway that this bucket lists objects of a third one, which it would not be shown. */
export const HAS_SHADOW = 'x-penumbra-has-shadow';

const listAsShadowed: Rule = async (ctx, request) => {
  const answer = await list(ctx, request);
  return { ...answer, headers: { ...answer.headers, [HAS_SHADOW]: 'true' } };
};

/** What the shadow does to each operation; an operation without a rule is the target's alone. */
const RULES: Partial<Record<OperationName, Rule>> = {
  GetObject: waitingForWriters(read),
  HeadObject: waitingForWriters(read),
  PutObject: put,
  CopyObject: copyObject,
  CreateMultipartUpload: beginUpload,
  UploadPart: uploadPart,
  UploadPartCopy: uploadPartCopy,
  ListMultipartUploads: listUploads,
  AbortMultipartUpload: abortUpload,
  CompleteMultipartUpload: completeUpload,
  DeleteObject: deleteObject,
  DeleteObjects: deleteObjects,
  ListObjects: list,
  ListObjectsV2: listAsShadowed,
  ListObjectVersions: listVersions,
};

/** They make an object, whose version is the store's to name. */
const MAKES_VERSIONS: ReadonlySet<OperationName> = new Set<OperationName>([
  'PutObject',
  'CopyObject',
  'CreateMultipartUpload',
  'UploadPart',
  'UploadPartCopy',
  'CompleteMultipartUpload',
]);

const refuseVersion: Rule = async (_, request) => {
  throw invalidArgument(
    'versionId',
    queryValue(request, 'versionId') ?? '',
    'This operation does not accept a version-id.',
  );
};

/** A version is the target's own matter, but for `null`, which is what the shadow's objects are listed as; deletes have a rule for each. */
const isOfTargetAlone = ({ operation }: S3Request, version: string): boolean =>
  version !== NULL_VERSION && (OBJECT_READS.has(operation) || NEEDS_OBJECT.has(operation));

function ruleFor(ctx: ShadowContext, request: S3Request): Rule {
  const { operation } = request;
  if (operation === 'RenameObject') return notWithShadow;
  if (request.key !== '' && !isOfShadow(ctx, request.key)) return askTargetAlone;
  const version = queryValue(request, 'versionId');
  if (version !== undefined && MAKES_VERSIONS.has(operation)) return refuseVersion;
  if (version !== undefined && isOfTargetAlone(request, version)) return byTarget;
  return RULES[operation] ?? (NEEDS_OBJECT.has(operation) ? afterMigration : byTarget);
}

/** `shadowed` makes one S3 service of two: the heart of a migration. */
export function createShadowed(options: ShadowedOptions): ShadowedBucket {
  const { bucket, shadow, demandIntents, uploadIds, clock, log, maxCopies = 128 } = options;
  const { encrypted = { target: false, shadow: false } } = options;
  const target = knowingPairs(uploadIds)(options.target);
  const background = new BackgroundWork(maxCopies, log);
  const ctx: ShadowContext = {
    bucket: bucket.name,
    targetBucket: bucket.target.bucket,
    target,
    copySources: options.copySources,
    shadow,
    encrypted,
    sourceInTarget: encrypted.target || encrypted.shadow ? undefined : sourceInTarget(bucket),
    settings: bucket.shadow,
    sourceId: sourceId(bucket.shadow),
    rung: bucket.shadow.rung,
    swaps: bucket.swaps ?? 0,
    isConfirmed: bucket.shadow.confirmed,
    demandIntents,
    conditionalWrites: bucket.conditionalWrites,
    ledger: options.ledger,
    patientLedger: options.patientLedger ?? options.ledger,
    uploadIds,
    pageTokens: options.pageTokens,
    clock,
    log,
    background,
    flights: new Flights(),
    pageShares: new PageShares(),
    learnt: nothingLearnt(target, clock),
    losses: options.losses,
    copiedByReads: options.copiedByReads,
    onCopy: options.onCopy,
    aroundCopy: options.aroundCopy ?? ((_, work) => work()),
    copier: { as: 'read', gateway: options.gateway },
    presence: { target: new BucketPresence(target, clock), shadow: new BucketPresence(shadow, clock) },
  };
  const ended = new AbortController();
  return {
    service: async (request) => {
      try {
        const rule = ruleFor(ctx, request);
        return await (request.headers.origin === undefined
          ? rule(ctx, request)
          : crossOrigin(ctx, request, rule));
      } catch (error) {
        if (error instanceof KeyBusy) throw slowDown(error);
        throw error;
      }
    },
    migrate: async (key, options) => notToBeMoved(ctx, key) ?? migrate(ctx, key, { as: 'sweep', ...options }),
    replaceCopy: async (key, options) =>
      isOfShadow(ctx, key) ? replaceCopy(ctx, key, options) : { state: 'absent' },
    align: (key) => align(ctx, key),
    startRecovery() {
      background.start('recovery', () => recoverForever(ctx, ended.signal));
    },
    async drain(signal) {
      ended.abort();
      await background.drain(signal);
      await Promise.all([options.losses.drain(), options.copiedByReads.drain()]);
    },
  };
}

function sourceInTarget({ target, shadow }: ShadowedOptions['bucket']): ShadowContext['sourceInTarget'] {
  if (!sameAddress(target, shadow.place)) return undefined;
  const { bucket } = shadow.place;
  return (key) => formatCopySource({ bucket, key: keyInShadow(shadow, key) ?? key });
}

const slowDown = (cause: KeyBusy): S3Error =>
  new S3Error('SlowDown', 'Another write of this key is under way. Please try again.', {
    headers: { 'retry-after': '1' },
    cause,
  });
