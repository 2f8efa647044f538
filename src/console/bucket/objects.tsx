import { Anchor, Badge, Breadcrumbs, Button, Group, Skeleton, Stack, Text, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { Link, useSearchParams } from 'react-router';
import { formatBytes } from '../../cli/format.js';
import { type ObjectPage, useObjects } from '../api/objects.js';
import { type Column, DataTable } from '../parts/data-table.js';
import { Failure } from '../parts/failure.js';
import { timeWords } from '../parts/times.js';
import { explainPath } from '../paths.js';

type Line =
  | (ObjectPage['objects'][number] & { readonly kind: 'object' })
  | (ObjectPage['prefixes'][number] & { readonly kind: 'prefix' });

const linesOf = ({ prefixes, objects }: ObjectPage): Line[] => [
  ...prefixes.map((prefix) => ({ ...prefix, kind: 'prefix' as const })),
  ...objects.map((object) => ({ ...object, kind: 'object' as const })),
];

const nameOf = (line: Line): string => (line.kind === 'prefix' ? line.prefix : line.key);

const COLORS = { target: 'teal', shadow: 'violet', both: 'blue', tombstone: 'gray' } as const;
const WORDS = { target: 'target', shadow: 'shadow', both: 'both', tombstone: 'deleted' } as const;

const columnsOf = (bucket: string, prefix: string): readonly Column<Line>[] => [
  {
    head: 'Key',
    cell: (line) => (
      <Anchor
        component={Link}
        to={
          line.kind === 'prefix'
            ? `?prefix=${encodeURIComponent(line.prefix)}`
            : explainPath(bucket, line.key)
        }
        size="sm"
        className="break"
      >
        {nameOf(line).slice(prefix.lastIndexOf('/') + 1) || nameOf(line)}
      </Anchor>
    ),
  },
  {
    head: 'Lives in',
    cell: ({ where }) => <Badge color={COLORS[where]}>{WORDS[where]}</Badge>,
  },
  { head: 'Size', cell: (line) => <Whole>{line.kind === 'object' ? formatBytes(line.size) : '–'}</Whole> },
  {
    head: 'Written',
    cell: (line) => <Whole>{line.kind === 'object' ? timeWords(line.last_modified) : '–'}</Whole>,
  },
];

/** Keeps its line beside a key of a thousand characters. */
function Whole({ children }: { readonly children: string }) {
  return <span className="whole">{children}</span>;
}

/** The keys of a bucket, a page at a time, and which store has them. The page stands in the address, so that Back leads to the one before. */
export function Objects({ bucket }: { readonly bucket: string }) {
  const [search] = useSearchParams();
  const prefix = search.get('prefix') ?? '';
  const after = search.get('after') ?? '';
  const { data, error } = useObjects(bucket, { prefix, after });
  return (
    <Stack>
      <Prefix key={prefix} prefix={prefix} />
      <Failure error={error} />
      {data ? (
        <DataTable
          label="Objects"
          columns={columnsOf(bucket, prefix)}
          rows={linesOf(data)}
          rowKey={nameOf}
          empty="There is no key that begins so."
        />
      ) : (
        !error && <Skeleton h={160} />
      )}
      <Group>
        {after !== '' && (
          <Button variant="default" component={Link} to={addressOf({ prefix, after: '' })}>
            First page
          </Button>
        )}
        {data?.next && (
          <Button variant="default" component={Link} to={addressOf({ prefix, after: data.next })}>
            Next page
          </Button>
        )}
      </Group>
    </Stack>
  );
}

/** Of a page of this screen; what is empty is left out. */
const addressOf = (wanted: { readonly prefix: string; readonly after: string }): string =>
  `?${new URLSearchParams(Object.entries(wanted).filter(([, value]) => value !== ''))}`;

/** Where one is, and a field to go elsewhere. */
function Prefix({ prefix }: { readonly prefix: string }) {
  const [, setSearch] = useSearchParams();
  const [typed, setTyped] = useState(prefix);
  const parts = prefix.split('/').slice(0, -1);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setSearch(typed === '' ? {} : { prefix: typed });
  };
  return (
    <Group justify="space-between" align="flex-end">
      <Breadcrumbs>
        <Anchor component={Link} to="?" size="sm">
          All keys
        </Anchor>
        {parts.map((part, index) => {
          const upTo = `${parts.slice(0, index + 1).join('/')}/`;
          return (
            <Anchor key={upTo} component={Link} to={`?prefix=${encodeURIComponent(upTo)}`} size="sm">
              {part || <Text span>/</Text>}
            </Anchor>
          );
        })}
      </Breadcrumbs>
      <Group component="form" gap="xs" align="flex-end" onSubmit={submit}>
        <TextInput
          label="Keys that begin with"
          value={typed}
          onChange={({ currentTarget }) => setTyped(currentTarget.value)}
        />
        <Button type="submit" variant="default">
          Show
        </Button>
      </Group>
    </Group>
  );
}
