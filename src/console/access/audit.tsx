import { Badge, Button, Code, Group, Skeleton, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useSearchParams } from 'react-router';
import { type AuditEntry, useAudit } from '../api/audit.js';
import { type Column, DataTable } from '../parts/data-table.js';
import { Failure } from '../parts/failure.js';
import { Page } from '../parts/page.js';
import { ShowMore } from '../parts/show-more.js';
import { timeWords } from '../parts/times.js';

const COLORS: Readonly<Record<AuditEntry['outcome'], string>> = {
  begun: 'yellow',
  done: 'teal',
  refused: 'orange',
  failed: 'red',
};

const COLUMNS: readonly Column<AuditEntry>[] = [
  { head: 'When', cell: ({ at }) => <Text size="sm">{timeWords(at)}</Text> },
  {
    head: 'Who',
    cell: ({ actor, address }) => (
      <div>
        <Text size="sm">{actor}</Text>
        {address && (
          <Text size="xs" c="dimmed">
            {address}
          </Text>
        )}
      </div>
    ),
  },
  { head: 'What', cell: ({ action }) => <Text size="sm">{action}</Text> },
  {
    head: 'Of',
    cell: ({ bucket, object }) => (
      <Text size="sm" className="break">
        {[bucket, object].filter(Boolean).join(', ') || '–'}
      </Text>
    ),
  },
  {
    head: 'Outcome',
    cell: ({ outcome, reason }) => (
      <div>
        <Badge color={COLORS[outcome]}>{outcome}</Badge>
        {reason && <Text size="xs">{reason}</Text>}
      </div>
    ),
  },
  {
    head: 'Change',
    cell: ({ change }) => (change ? <Code className="break">{JSON.stringify(change)}</Code> : '–'),
  },
];

const FILTERS = ['bucket', 'actor', 'action'] as const;

/** Settings → Audit log. What it is filtered by stands in the address. */
export function Audit() {
  const [search, setSearch] = useSearchParams();
  const filter = Object.fromEntries(FILTERS.map((name) => [name, search.get(name) ?? undefined]));
  const list = useAudit(filter);
  const { data, error } = list;
  const form = useForm({
    initialValues: {
      bucket: search.get('bucket') ?? '',
      actor: search.get('actor') ?? '',
      action: search.get('action') ?? '',
    },
  });
  const submit = form.onSubmit((values) =>
    setSearch(Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ''))),
  );
  return (
    <Page title="Audit log" lead="Who changed what, the newest first, and what gateways did by themselves.">
      <form onSubmit={submit}>
        <Group align="flex-end">
          <TextInput label="Bucket" {...form.getInputProps('bucket')} />
          <TextInput label="Who" placeholder="token:ci, or token:" {...form.getInputProps('actor')} />
          <TextInput label="What" placeholder="bucket.create, or bucket." {...form.getInputProps('action')} />
          <Button type="submit" variant="default">
            Show
          </Button>
        </Group>
      </form>
      <Failure error={error} />
      {data ? (
        <Stack>
          <DataTable
            label="Audit log"
            columns={COLUMNS}
            rows={data.pages.flatMap(({ entries }) => entries)}
            rowKey={({ id }) => id}
            empty="Nothing of that kind was changed."
          />
          <ShowMore of={list} />
        </Stack>
      ) : (
        !error && <Skeleton h={160} />
      )}
    </Page>
  );
}
