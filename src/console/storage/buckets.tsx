import { Anchor, Badge, Button, Group, Skeleton, Stack, Text } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { Link } from 'react-router';
import { type Bucket, useBuckets } from '../api/buckets.js';
import { type Column, DataTable } from '../parts/data-table.js';
import { Failure } from '../parts/failure.js';
import { Page } from '../parts/page.js';
import { ShowMore } from '../parts/show-more.js';
import { BUCKETS } from '../paths.js';
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
            empty="There is no bucket yet."
          />
          <ShowMore of={list} />
        </Stack>
      ) : (
        !error && <Skeleton h={160} />
      )}
    </Page>
  );
}
