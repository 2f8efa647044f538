import { Anchor, Button, Group, Skeleton, Stack, Text } from '@mantine/core';
import { Link } from 'react-router';
import { formatMany, formatObjects } from '../../cli/format.js';
import { type Finding, type Pass, type PassKind, useFindings, useRetryFailed } from '../api/passes.js';
import { type Column, DataTable } from '../parts/data-table.js';
import { Failure } from '../parts/failure.js';
import { ShowMore } from '../parts/show-more.js';
import { timeWords } from '../parts/times.js';
import { explainPath } from '../paths.js';

interface FindingsProps {
  readonly bucket: string;
  readonly kind: PassKind;
  readonly pass: Pass;
  /** In place of none. */
  readonly none: string;
}

type Retry = ReturnType<typeof useRetryFailed>;

const columnsOf = (bucket: string, retry: Retry): readonly Column<Finding>[] => [
  {
    head: 'Key',
    cell: ({ key }) => (
      <Anchor component={Link} to={explainPath(bucket, key)} size="sm" className="break">
        {key}
      </Anchor>
    ),
  },
  { head: 'What', cell: ({ what }) => what },
  { head: 'Why', cell: ({ reason }) => <Text size="sm">{reason}</Text> },
  { head: 'Tries', cell: ({ attempts }) => attempts },
  { head: 'When', cell: ({ at }) => timeWords(at) },
  {
    head: '',
    cell: ({ key, what }) =>
      what === 'failed' && (
        <Button
          size="xs"
          variant="default"
          aria-label={`Try again: ${key}`}
          loading={retry.isPending && retry.variables === key}
          onClick={() => retry.mutate(key)}
        >
          Try again
        </Button>
      ),
  },
];

/** What a pass found of single keys, and another try for those that failed. */
export function Findings({ bucket, kind, pass, none }: FindingsProps) {
  const list = useFindings(bucket, kind, pass);
  const { data, error } = list;
  const retry = useRetryFailed(bucket, kind);
  if (!data) return error ? <Failure error={error} /> : <Skeleton h={80} />;
  return (
    <Stack>
      {pass.failed > 0 && (
        <Group>
          <Button
            loading={retry.isPending && retry.variables === undefined}
            onClick={() => retry.mutate(undefined)}
          >
            Try again what failed
          </Button>
          <div aria-live="polite">
            {retry.data && <Text size="sm">{retriedWords(retry.data.retried)}</Text>}
          </div>
        </Group>
      )}
      <Failure error={retry.error} />
      <DataTable
        label="Findings"
        columns={columnsOf(bucket, retry)}
        rows={data.pages.flatMap(({ findings }) => findings)}
        rowKey={({ key, what }) => `${what} ${key}`}
        empty={none}
      />
      <ShowMore of={list} />
      {pass.findings && pass.findings.spilled > 0 && (
        <Text size="sm">
          {formatMany(pass.findings.spilled, 'more finding')} in {pass.findings.spilled_to} on the gateway's
          machine
        </Text>
      )}
    </Stack>
  );
}

const retriedWords = (retried: number): string =>
  retried > 0
    ? `${formatObjects(retried)} tried again`
    : 'Nothing more: it is tried again already, or did not fail';
