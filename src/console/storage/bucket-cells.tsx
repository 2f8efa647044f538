import { Anchor, Badge, Group, Progress, Skeleton, Stack, Text } from '@mantine/core';
import { Link } from 'react-router';
import { type Bucket, type Migration, useBucketStatus } from '../api/buckets.js';
import { Failure } from '../parts/failure.js';
import { countsOf, countsWords, leftWords, paceWords, percentOf } from './progress.js';

/** How clients' reads and writes of a bucket go. */
export function Modes({ bucket: { shadow, job } }: { readonly bucket: Bucket }) {
  if (job)
    return (
      <Group gap={4}>
        <Badge color="violet">moving</Badge>
        {job.writes_refused ? (
          <Badge color="orange">writes refused</Badge>
        ) : (
          <Badge color="green">live</Badge>
        )}
      </Group>
    );
  if (!shadow) return <Badge color="gray">no shadow</Badge>;
  return (
    <Group gap={4}>
      <Badge color="blue">{shadow.write_through ? 'write-through' : 'read-through'}</Badge>
      {shadow.aim !== shadow.rung && <Badge color="yellow">switching</Badge>}
      {shadow.clear_when_drained && <Badge color="teal">clears when drained</Badge>}
    </Group>
  );
}

/** How much of a bucket is in its target, as a bar, and what is left. */
export function Migrated({ bucket }: { readonly bucket: Bucket }) {
  const status = useBucketStatus(bucket.bucket);
  if (bucket.job)
    return (
      <Anchor component={Link} to={`/settings/jobs/${bucket.job.id}`} size="sm">
        {bucket.job.id}: {bucket.job.phase} to {bucket.job.to_backend}
      </Anchor>
    );
  if (!bucket.shadow) return <Text c="dimmed">–</Text>;
  if (status.error) return <Failure error={status.error} />;
  if (!status.data) return <Skeleton h={24} miw={160} />;
  return <MigratedBar migration={status.data.migration} label={`Migrated of ${bucket.bucket}`} />;
}

export function MigratedBar({ migration, label }: { readonly migration: Migration; readonly label: string }) {
  const counts = countsOf(migration);
  const pace = paceWords(migration);
  return (
    <Stack gap={4} miw={160} flex={1} maw="100%">
      {counts && (
        <>
          <Progress.Root size="lg" radius="sm">
            <Progress.Section
              value={percentOf(counts)}
              color={percentOf(counts) === 100 ? 'teal.8' : 'blue.8'}
              animated={migration.sweep?.state === 'running'}
              aria-label={label}
              aria-valuetext={`${percentOf(counts)} %`}
            />
          </Progress.Root>
          <Text size="xs">
            {migration.exact || migration.counted_by === 'sweep' ? `${percentOf(counts)} %, ` : 'so far '}
            {countsWords(counts)}
          </Text>
        </>
      )}
      <Text size="xs" c="dimmed">
        {leftWords(migration)}
        {pace && `; ${pace}`}
        {migration.failed > 0 && `; ${migration.failed} failed`}
      </Text>
    </Stack>
  );
}
