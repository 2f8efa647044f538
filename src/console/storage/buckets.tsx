import { Anchor, Badge, Button, Group, List, Skeleton, Stack, Text } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { Link } from 'react-router';
import { type Bucket, useBuckets } from '../api/buckets.js';
import { type Column, DataTable } from '../parts/data-table.js';
import { Card } from '../parts/facts.js';
import { Failure } from '../parts/failure.js';
import { Page } from '../parts/page.js';
import { ShowMore } from '../parts/show-more.js';
import { BACKENDS, BUCKETS } from '../paths.js';
import { Migrated, Modes } from './bucket-cells.js';
import { homeOf, shadowOf } from './progress.js';

const COLUMNS: readonly Column<Bucket>[] = [
  {
    head: 'Bucket',
    cell: ({ bucket, public: isPublic }) => (
      <Group gap="xs">
        <Anchor component={Link} to={`${BUCKETS}/${bucket}`} fw={600}>
          {bucket}
        </Anchor>
        {isPublic && <Badge color="orange">public</Badge>}
      </Group>
    ),
  },
  { head: 'Backend', cell: (bucket) => <Text size="sm">{homeOf(bucket)}</Text> },
  {
    head: 'Shadow',
    cell: (bucket) => <Text size="sm">{shadowOf(bucket) ?? '–'}</Text>,
  },
  { head: 'Mode', cell: (bucket) => <Modes bucket={bucket} /> },
  { head: 'Migrated', cell: (bucket) => <Migrated bucket={bucket} /> },
];

/** Settings → Storage → Buckets. */
export function Buckets() {
  const list = useBuckets();
  const { data, error } = list;
  return (
    <Page
      title="Buckets"
      lead="Each bucket lives in a backend, its target. One that is being moved has a shadow: the bucket it comes from."
      actions={
        <Button component={Link} to={`${BUCKETS}/new`} leftSection={<IconPlus size={18} aria-hidden />}>
          Create bucket
        </Button>
      }
    >
      <Failure error={error} />
      {data ? (
        <Stack>
          <DataTable
            label="Buckets"
            columns={COLUMNS}
            rows={data.pages.flatMap(({ buckets }) => buckets)}
            rowKey={({ bucket }) => bucket}
            empty={<FirstBucket />}
          />
          <ShowMore of={list} />
        </Stack>
      ) : (
        !error && <Skeleton h={160} />
      )}
    </Page>
  );
}

/** What has to be done first, and what comes of it. */
function FirstBucket() {
  return (
    <Card title="There is no bucket yet">
      <List type="ordered" size="sm" spacing="xs">
        <List.Item>
          <Anchor component={Link} to={`${BUCKETS}/new`} size="sm" underline="always">
            Create a bucket
          </Anchor>{' '}
          and tell it which bucket of another store it moves from: its shadow. It lives in the default backend
          unless you{' '}
          <Anchor component={Link} to={`${BACKENDS}/new`} size="sm" underline="always">
            add another one
          </Anchor>
          .
        </List.Item>
        <List.Item>
          Copy the settings for clients that you are shown then: an access key is made with the bucket, and
          its secret is shown only once.
        </List.Item>
        <List.Item>
          Point your programs at this gateway. They see the whole bucket at once, and what they read is
          copied.
        </List.Item>
        <List.Item>Start a sweep on the page of the bucket: it copies the rest.</List.Item>
      </List>
    </Card>
  );
}
