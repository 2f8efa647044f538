import { Alert, Anchor, Skeleton, Stack, Text, Timeline } from '@mantine/core';
import { Link } from 'react-router';
import { formatBytes, formatDuration, formatObjects } from '../../cli/format.js';
import { type Job, type JobFailure, useJob, useJobFailures } from '../api/jobs.js';
import { type Column, DataTable } from '../parts/data-table.js';
import { Card, Facts } from '../parts/facts.js';
import { Failure } from '../parts/failure.js';
import { ShowMore } from '../parts/show-more.js';
import { unixWords } from '../parts/times.js';
import { BUCKETS, explainPath, JOBS } from '../paths.js';
import { JobButtons } from './job-buttons.js';
import { JobProgress, JobStatus } from './job-cells.js';
import { isOver } from './job-words.js';

/** One run: what it does, its phases, and what did not go well with single objects. */
export function JobDetails({ id }: { readonly id: string }) {
  const { data: job, error } = useJob(id);
  if (!job) return error ? <Failure error={error} /> : <Skeleton h={300} />;
  return (
    <Stack>
      <Text fw={600}>{job.name}</Text>
      <JobStatus job={job} />
      <JobProgress job={job} />
      <JobButtons job={job} />
      {job.waits_for.length > 0 && <Alert color="yellow">It waits for {job.waits_for.join(', ')}.</Alert>}
      {job.last_error && (
        <Alert color="red" title={isOver(job) ? 'Why it ended so' : 'The last problem'}>
          {job.last_error}
        </Alert>
      )}
      <Card title="Run">
        <Facts facts={factsOf(job)} />
      </Card>
      <Card title="Phases">
        <Phases job={job} />
      </Card>
      <Card title="Failures">
        <Failures job={job} />
      </Card>
    </Stack>
  );
}

function factsOf({ detail, scope, ...job }: Job) {
  const {
    max_bandwidth: bandwidth,
    max_requests: requests,
    window,
    existing,
    removed,
    rollback_of: undone,
  } = detail;
  const limits = [
    ...(bandwidth === null ? [] : [`${formatBytes(bandwidth)}/s`]),
    ...(requests === null ? [] : [`${requests} requests/s`]),
    ...(window === null ? [] : [window]),
  ];
  return [
    {
      name: 'Bucket',
      value: (
        <Anchor component={Link} to={`${BUCKETS}/${scope.bucket}`} size="sm">
          {scope.bucket}
        </Anchor>
      ),
    },
    { name: 'From', value: `${detail.from_backend}, bucket ${detail.from_bucket}` },
    { name: 'To', value: `${detail.target_backend}, bucket ${detail.target_bucket}` },
    { name: 'Writes', value: detail.writes === 'gate' ? 'wait until it has changed over' : 'go on, to both' },
    { name: 'Verified by', value: detail.verify === 'content' ? 'all bytes' : 'checksums' },
    { name: 'Delete source', value: detail.delete_source ? 'yes' : 'no' },
    { name: 'Limits', value: limits.join(', ') || 'none' },
    { name: 'Asked for by', value: job.trigger },
    { name: 'Asked for', value: unixWords(job.created_at) },
    { name: 'Begun', value: unixWords(job.started_at) },
    { name: 'Changed over', value: unixWords(detail.flipped_at) },
    { name: 'Ended', value: unixWords(job.finished_at) },
    { name: 'Skipped', value: formatObjects(job.progress.skipped) },
    ...(existing
      ? [
          {
            name: 'At the target before',
            value: `${formatObjects(existing.removed)} removed, ${existing.kept} kept`,
          },
        ]
      : []),
    ...(removed
      ? [{ name: 'Deleted afterwards', value: `${formatObjects(removed.deleted)}, ${removed.left} left` }]
      : []),
    ...(undone
      ? [
          {
            name: 'Undoes',
            value: (
              <Anchor component={Link} to={`${JOBS}/${undone}`} size="sm">
                {undone}
              </Anchor>
            ),
          },
        ]
      : []),
  ];
}

function Phases({ job: { phases } }: { readonly job: Job }) {
  if (phases.length === 0)
    return (
      <Text size="sm" c="dimmed">
        None has begun.
      </Text>
    );
  return (
    <Timeline active={phases.length - 1} bulletSize={16} lineWidth={2}>
      {phases.map(({ phase, started_at: from, finished_at: to }) => (
        <Timeline.Item key={`${phase} ${from}`} title={phase}>
          <Text size="xs">
            {unixWords(from)}, {to === null ? 'under way' : `took ${formatDuration(Math.max(to - from, 0))}`}
          </Text>
        </Timeline.Item>
      ))}
    </Timeline>
  );
}

const columnsOf = (bucket: string): readonly Column<JobFailure>[] => [
  {
    head: 'Key',
    cell: ({ object_key: key }) => (
      <Anchor component={Link} to={explainPath(bucket, key)} size="sm" className="break">
        {key}
      </Anchor>
    ),
  },
  { head: 'Why', cell: ({ error }) => <Text size="sm">{error}</Text> },
  { head: 'When', cell: ({ occurred_at }) => <Text size="sm">{unixWords(occurred_at)}</Text> },
];

function Failures({ job }: { readonly job: Job }) {
  const list = useJobFailures(job.id, job.progress.failed);
  const { data, error } = list;
  if (!data) return error ? <Failure error={error} /> : <Skeleton h={60} />;
  return (
    <Stack>
      <DataTable
        label="Failures"
        columns={columnsOf(job.scope.bucket)}
        rows={data.pages.flatMap(({ failures }) => failures)}
        rowKey={({ id }) => id}
        empty="Nothing failed."
      />
      <ShowMore of={list} />
    </Stack>
  );
}
