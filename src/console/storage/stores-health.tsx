import { Anchor, Badge, List, Skeleton, Stack, Text } from '@mantine/core';
import { Link } from 'react-router';
import { formatMany } from '../../cli/format.js';
import { type StoreHealth, useStoresHealth } from '../api/backends.js';
import { type Column, DataTable } from '../parts/data-table.js';
import { Card } from '../parts/facts.js';
import { Failure } from '../parts/failure.js';
import { timeWords } from '../parts/times.js';
import { BUCKETS } from '../paths.js';

const COLUMNS: readonly Column<StoreHealth>[] = [
  {
    head: 'Store',
    cell: ({ name }) => (
      <Text size="sm" fw={600} className="break">
        {name}
      </Text>
    ),
  },
  { head: 'Health', cell: (store) => <Health store={store} /> },
  {
    head: 'First byte of reads',
    cell: ({ first_byte: read }) =>
      read && (
        <Text size="sm">
          {read.p50_ms} ms, 99 % within {read.p99_ms} ms, of {formatMany(read.count, 'read')}
        </Text>
      ),
  },
  { head: 'Shadows there', cell: ({ shadows }) => shadows.length > 0 && <Shadows shadows={shadows} /> },
];

/** How backends answer, and endpoints of buckets and shadows. */
export function StoresHealth() {
  const { data, error } = useStoresHealth();
  if (!data) return error ? <Failure error={error} /> : <Skeleton h={120} />;
  const { stores, gateway, processes } = data;
  return (
    <Card title="How they answer">
      <Stack>
        <Failure title="What is shown may be old" error={error} />
        <DataTable
          label="How they answer"
          columns={COLUMNS}
          rows={stores}
          rowKey={({ name }) => name}
          empty="There is none."
        />
        <Text size="xs" c="dimmed">
          As {gateway}
          {processes > 1 && ` (${processes} processes)`} has seen it since it began, endpoints of buckets and
          shadows among them; how long reads take is of the last ten minutes.
        </Text>
      </Stack>
    </Card>
  );
}

function Health({ store: { reachable, since, last_failure: failure } }: { readonly store: StoreHealth }) {
  if (reachable === null)
    return (
      <Text size="sm" c="dimmed">
        not asked yet
      </Text>
    );
  return (
    <Stack gap={2} align="flex-start">
      <Badge color={reachable ? 'teal.9' : 'red.9'}>{reachable ? 'answers' : 'does not answer'}</Badge>
      <Text size="xs">since {timeWords(since)}</Text>
      {failure && (
        <Text size="xs">
          last without an answer: {failure.reason}, {timeWords(failure.at)}
        </Text>
      )}
    </Stack>
  );
}

function Shadows({ shadows }: Pick<StoreHealth, 'shadows'>) {
  return (
    <List size="sm" listStyleType="none">
      {shadows.map(({ bucket, breaker }) => (
        <List.Item key={bucket}>
          <Anchor component={Link} to={`${BUCKETS}/${bucket}`} size="sm">
            {bucket}
          </Anchor>
          {breaker === 'open' && ': not asked for a while, it gave no answer'}
        </List.Item>
      ))}
    </List>
  );
}
