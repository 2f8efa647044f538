import { BackendUnavailable } from '../backends/backend.js';
import { atBucket } from '../filters/at-bucket.js';
import { type BucketMoves, StepFailed } from '../jobs/bucket-moves.js';
import { JobRefused } from '../jobs/refused.js';
import { S3Error } from '../s3/errors.js';
import { BackendRemoved } from '../state/backends.js';
import type { BucketRecord, BucketStore } from '../state/buckets.js';
import { CopyCounts } from '../state/copy-counts.js';
import type { GatewayLeases } from '../state/gateway-leases.js';
import type { JobStore } from '../state/jobs/job-store.js';
import type { Kv } from '../state/kv.js';
import { Ledger } from '../state/ledger.js';
import { Passes } from '../state/passes/passes.js';
import { isDeclared, type Place, placeWords } from '../state/place.js';
import { alignStores } from '../sweep/align.js';
import type { Clock } from '../system/clock.js';
import { atPlace } from './admin/at-place.js';
import type { Migrations } from './admin/dependencies.js';
import { MAX_SURVEY_SECONDS } from './admin/limits.js';
import { proofOf, whatIsLeft } from './admin/proof.js';
import { countsVersions } from './admin/swap-shadow.js';
import { deleteBackendBucket, ensureBackendBucket, hasBackendBucket } from './backend-bucket.js';
import type { Backends } from './backends.js';
import type { BucketRoutes } from './bucket-routes.js';
import { findMoving } from './find-moving.js';
import { whoHas } from './place-owner.js';
import { probeShadow } from './probe.js';
import { probeConditionalWrites } from './probe-conditional-writes.js';
import { ShadowRefused } from './probe-refusal.js';
import { probeTrailingChecksums } from './probe-trailing-checksums.js';
import { isShownIn } from './same-bucket.js';
import { TargetRefused } from './scratch-object.js';
import type { Stores } from './stores.js';
import type { Switching } from './switching/switching.js';
import { deafTo, readersBehind } from './switching/waiting.js';

export interface JobMovesOptions {
  readonly kv: Kv;
  readonly buckets: BucketStore;
  readonly jobRecords: JobStore;
  readonly leases: GatewayLeases;
  readonly backends: Pick<Backends, 'get' | 'find' | 'hold'>;
  readonly stores: Stores;
  readonly routes: Pick<BucketRoutes, 'find'>;
  readonly migrations: Pick<Migrations, 'status'>;
  readonly switching: Pick<Switching, 'state'>;
  readonly clock: Clock;
}

/** What jobs do to buckets, by what this gateway has for it. */
export function createJobMoves(options: JobMovesOptions): BucketMoves {
  const { kv, leases, backends, stores, routes, migrations, switching, clock } = options;

  function bucketAt(place: Place) {
    const region = isDeclared(place) ? backends.get(place.backend)?.region : place.region;
    return { backend: stores.open(place), name: place.bucket, ...(region !== undefined && { region }) };
  }

  async function assertNoVersions(place: Place): Promise<void> {
    if (!(await atPlace(place, stores, countsVersions(clock)))) return;
    const why = `${placeWords(place)} counts versions: what they were would be lost`;
    throw new JobRefused('versioned', why);
  }

  async function assertMovable(bucket: BucketRecord, to: Place): Promise<void> {
    if (isDeclared(to) && !(await backends.find(to.backend)))
      throw new JobRefused('place_refused', `there is no backend "${to.backend}"`);
    const taken = await whoHas(to, options, bucket.id);
    if (taken !== undefined) throw new JobRefused('place_taken', `${placeWords(to)} is ${taken}`);
    await asRefusal(async () => {
      await assertNoVersions(bucket.target);
      if (!(await hasBackendBucket(bucketAt(to)))) return;
      await assertNoVersions(to);
      if (await isShownIn(bucket.target, to, stores))
        throw new JobRefused(
          'same_place',
          `${placeWords(to)} is ${placeWords(bucket.target)} by another name`,
        );
    });
  }

  async function whatWouldBeLost(record: BucketRecord): Promise<string | undefined> {
    if (!record.shadow) return undefined;
    const deadlineMs = MAX_SURVEY_SECONDS * 1_000;
    const status = await migrations.status(record, { deadlineMs, drift: false });
    return proofOf(status, record.shadow, clock.now()) ? undefined : whatIsLeft(status);
  }

  return {
    assertMovable,
    hold: (place) => asRefusal(async () => (isDeclared(place) ? backends.hold(place.backend) : [])),
    readersBehind: async (record) => readersBehind(record, await leases.readers()),
    whoHas: (place, bucketId) => whoHas(place, options, bucketId),
    unheardBy: async (record) => deafTo(record, await leases.live()),
    async waitingFor(record) {
      const state = await switching.state(record);
      if (state.state === 'switching' && state.waitingFor.length > 0) return state.waitingFor;
      const isOpen = record.shadow && (await new Ledger(kv, record.id, clock).hasOpenBefore(record.epoch));
      return isOpen ? ['writes that are not settled yet'] : [];
    },
    isSettled: async (record) => (await switching.state(record)).state === 'settled',
    open(place) {
      const store = stores.open(place);
      return { service: atBucket(place.bucket)(store.service), close: () => store.close() };
    },
    hasBucket: (place) => asFailure(() => hasBackendBucket(bucketAt(place))),
    makeBucket: (place) => asFailure(async () => void (await ensureBackendBucket(bucketAt(place)))),
    removeBucket: (place) => asFailure(() => removed(() => deleteBackendBucket(bucketAt(place)))),
    tryPlace: (place) =>
      asFailure(() =>
        atPlace(place, stores, async (at) => ({
          conditionalWrites: await probeConditionalWrites(at),
          trailingChecksums: await probeTrailingChecksums(at),
        })),
      ),
    async tryShadow({ target, shadow }) {
      if (!shadow) return;
      await asFailure(() => atPlace(target, stores, (at) => probeShadow(shadow, at, { stores, clock })));
    },
    align: async ({ name }, signal) => (await alignStores(await findMoving(routes, name), signal)).isWhole,
    whatWouldBeLost,
    async forgetPasses(bucketId) {
      await new Passes(kv, clock).forget(bucketId);
      await new CopyCounts(kv).forget(bucketId);
    },
  };
}

/** Whether it went; false where something is still in it. */
async function removed(remove: () => Promise<void>): Promise<boolean> {
  try {
    await remove();
    return true;
  } catch (error) {
    if (error instanceof S3Error && error.code === 'BucketNotEmpty') return false;
    throw error;
  }
}

/** What a place says no to it will say no to again. */
async function asFailure<T>(action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof ShadowRefused || error instanceof TargetRefused || error instanceof S3Error)
      throw new StepFailed(error.message, { cause: error });
    throw error;
  }
}

async function asRefusal<T>(action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    const isOfPlace =
      error instanceof TargetRefused ||
      error instanceof S3Error ||
      error instanceof BackendUnavailable ||
      error instanceof BackendRemoved;
    if (isOfPlace) throw new JobRefused('place_refused', error.message, { cause: error });
    throw error;
  }
}
