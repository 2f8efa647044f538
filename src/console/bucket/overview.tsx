import { Alert, Anchor, List, Skeleton, Stack, Text } from '@mantine/core';
import { lazy, Suspense } from 'react';
import { Link } from 'react-router';
import { formatBytes, formatCount, formatMany, formatObjects } from '../../cli/format.js';
import { type BucketStatus, useBucketStatus } from '../api/buckets.js';
import { Card, Facts } from '../parts/facts.js';
import { Failure, Stale } from '../parts/failure.js';
import { timeWords } from '../parts/times.js';
import { JOBS } from '../paths.js';
import { MigratedBar, Modes } from '../storage/bucket-cells.js';
import { homeOf, shadowOf } from '../storage/progress.js';

const RatesChart = lazy(async () => ({ default: (await import('./rates-chart.js')).RatesChart }));

/** What is known of a bucket, as soon as it was counted. */
export function OverviewOf({ bucket }: { readonly bucket: string }) {
  const { data: status, error } = useBucketStatus(bucket);
  if (!status)
    return error ? (
      <Failure error={error} />
    ) : (
      <Stack role="status">
        <Text size="sm" c="dimmed">
          Both stores are being counted, for some seconds at most.
        </Text>
        <Skeleton h={200} />
      </Stack>
    );
  return (
    <Stack>
      <Stale error={error} />
      <Overview status={status} />
    </Stack>
  );
}

/** How a bucket is set, how far it is, and what is left to do. */
function Overview({ status }: { readonly status: BucketStatus }) {
  const { migration, losses, switching, job } = status;
  const isMoving = status.shadow !== null && job === null;
  return (
    <Stack>
      {switching && (
        <Alert color="yellow" title="The gateways are switching">
          From {switching.rung} to {switching.aim}
          {switching.waiting_for.length > 0 && `; waits for ${switching.waiting_for.join(', ')}`}
        </Alert>
      )}
      {job && (
        <Alert color="violet" title={`A job moves this bucket to ${job.to_backend}`}>
          <Anchor component={Link} to={`${JOBS}/${job.id}`}>
            {job.id}
          </Anchor>{' '}
          is in its phase {job.phase} ({job.status}).{' '}
          {job.writes_refused
            ? 'Writes are answered 503 SlowDown until it has changed over.'
            : 'Writes go on.'}
        </Alert>
      )}
      {isMoving && (
        <Card title="Migrated">
          <MigratedBar migration={migration} label={`Migrated of ${status.bucket}`} />
        </Card>
      )}
      {isMoving && (
        <Card title="Speed">
          <Suspense fallback={<Skeleton h={220} />}>
            <RatesChart bucket={status.bucket} />
          </Suspense>
        </Card>
      )}
      {isMoving && (
        <Card title="What is left to do">
          <Facts facts={todo(migration)} />
        </Card>
      )}
      {losses.length > 0 && (
        <Card title="What copies could not keep">
          <List size="sm">
            {losses.map(({ what, reason, count }) => (
              <List.Item key={`${what} ${reason}`}>
                {what} of {formatObjects(count)}: {reason}
              </List.Item>
            ))}
          </List>
        </Card>
      )}
      <Card title="Settings">
        <Stack gap="sm">
          <Modes bucket={status} />
          <Facts facts={settings(status)} />
        </Stack>
      </Card>
    </Stack>
  );
}

const todo = ({ remaining, exact, counted_by, failed, sweep, ...rest }: BucketStatus['migration']) => [
  ...(counted_by === 'listings'
    ? [{ name: 'Only in the shadow', value: `${exact ? '' : 'at least '}${formatObjects(remaining)}` }]
    : []),
  { name: 'Failed in the last sweep', value: formatObjects(failed) },
  {
    name: 'Drifted',
    value: sweep?.counts?.drifted ? formatObjects(sweep.counts.drifted.objects) : 'none seen',
  },
  {
    name: 'Pending repairs',
    value: (
      <>
        {formatMany(rest.pending_repairs, 'delete')} that the shadow is owed
        {rest.oldest_repair && <Text size="xs">since {timeWords(rest.oldest_repair)}</Text>}
        {rest.repair_error && <Text size="xs">{rest.repair_error}</Text>}
      </>
    ),
  },
  { name: 'Tombstones', value: formatCount(rest.tombstones) },
  {
    name: 'Copied by reads',
    value: `${formatObjects(rest.copied_by_reads.objects)}, ${formatBytes(rest.copied_by_reads.bytes)}`,
  },
];

function settings(status: BucketStatus) {
  const { shadow, target_bucket, created_at, org } = status;
  return [
    { name: 'Backend', value: `${homeOf(status)}, bucket ${target_bucket}` },
    { name: 'Access', value: status.public ? 'public: anybody may read' : 'private' },
    { name: 'Organization', value: org ?? '–' },
    { name: 'Created', value: timeWords(created_at) },
    { name: 'Shadow', value: shadowOf(status) ?? 'none' },
    ...(shadow && shadowOf(status)
      ? [
          { name: 'Region of the shadow', value: shadow.region ?? '–' },
          { name: 'Deletes', value: shadow.delete === 'both' ? 'in both stores' : 'in the target alone' },
          {
            name: 'Keys',
            value:
              shadow.prefix + shadow.target_prefix === ''
                ? 'all'
                : `“${shadow.prefix}…” as “${shadow.target_prefix}…”`,
          },
        ]
      : []),
  ];
}
