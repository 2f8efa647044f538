import { Anchor, Badge, Button, Drawer, Skeleton, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { Link, useNavigate, useParams } from 'react-router';
import { type LiveJobs, useLiveJobs } from '../api/job-events.js';
import { type Job, useOlderJobs } from '../api/jobs.js';
import { type Column, DataTable } from '../parts/data-table.js';
import { Failure } from '../parts/failure.js';
import { Page } from '../parts/page.js';
import { ShowMore } from '../parts/show-more.js';
import { unixWords } from '../parts/times.js';
import { BUCKETS, JOBS } from '../paths.js';
import { JobButtons } from './job-buttons.js';
import { JobProgress, JobStatus } from './job-cells.js';
import { JobDetails } from './job-details.js';

const COLUMNS: readonly Column<Job>[] = [
  {
    head: 'Job',
    cell: ({ id, name }) => (
      <div>
        <Anchor component={Link} to={`${JOBS}/${id}`} fw={600}>
          {id}
        </Anchor>
        <Text size="sm">{name}</Text>
      </div>
    ),
  },
  {
    head: 'Bucket',
    cell: ({ scope: { bucket } }) => (
      <Anchor component={Link} to={`${BUCKETS}/${bucket}`} size="sm">
        {bucket}
      </Anchor>
    ),
  },
  { head: 'Status', cell: (job) => <JobStatus job={job} /> },
  { head: 'Done', cell: (job) => <JobProgress job={job} /> },
  {
    head: 'Begun',
    cell: ({ started_at, created_at }) => <Text size="sm">{unixWords(started_at ?? created_at)}</Text>,
  },
  { head: '', cell: (job) => <JobButtons job={job} size="xs" /> },
];

/** Settings → Jobs: live, and of one that the address names all about it. */
export function Jobs() {
  const { id } = useParams();
  const navigate = useNavigate();
  const live = useLiveJobs();
  return (
    <Page
      title="Jobs"
      lead="Buckets that are moved from one backend to another."
      actions={<Liveness live={live} />}
    >
      {live.jobs ? <JobList jobs={live.jobs} /> : <Skeleton h={160} />}
      <Drawer
        opened={id !== undefined}
        onClose={() => navigate(JOBS)}
        position="right"
        size="lg"
        title={id}
        closeButtonProps={{ 'aria-label': 'Close' }}
      >
        {id && <JobDetails id={id} />}
      </Drawer>
    </Page>
  );
}

function Liveness({ live: { isLive, jobs } }: { readonly live: LiveJobs }) {
  return (
    <Badge role="status" variant="dot" color={isLive ? 'teal' : 'orange'}>
      {isLive ? 'Live' : jobs ? 'Not live: connecting again' : 'Connecting'}
    </Badge>
  );
}

/** As many as a stream tells of. */
const TOLD = 100;

function JobList({ jobs }: { readonly jobs: readonly Job[] }) {
  const [isOlderShown, setOlderShown] = useState(false);
  const last = jobs.length >= TOLD ? jobs.at(-1) : undefined;
  return (
    <Stack>
      <DataTable
        label="Jobs"
        columns={COLUMNS}
        rows={jobs}
        rowKey={({ id }) => id}
        empty="No bucket was moved yet. “Migrate data…” of a bucket begins a job."
      />
      {last && !isOlderShown && (
        <Button variant="default" onClick={() => setOlderShown(true)}>
          Show older
        </Button>
      )}
      {last && isOlderShown && <OlderJobs after={last.id} />}
    </Stack>
  );
}

function OlderJobs({ after }: { readonly after: string }) {
  const list = useOlderJobs(after);
  const { data, error } = list;
  if (!data) return error ? <Failure error={error} /> : <Skeleton h={80} />;
  return (
    <>
      <DataTable
        label="Older jobs"
        columns={COLUMNS}
        rows={data.pages.flatMap(({ jobs }) => jobs)}
        rowKey={({ id }) => id}
        empty="There are none."
      />
      <ShowMore of={list} />
    </>
  );
}
