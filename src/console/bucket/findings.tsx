import { Anchor, Button, Group, Skeleton, Stack, Text } from '@mantine/core';
import { Link } from 'react-router';
import { formatMany } from '../../cli/format.js';
import { type Finding, type Pass, type PassKind, useFindings, useTurnPass } from '../api/passes.js';
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

const columnsOf = (bucket: string): readonly Column<Finding>[] => [
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
];

/** What a pass found of single keys, and another try for those that failed. */
export function Findings({ bucket, kind, pass, none }: FindingsProps) {
  const kept = pass.findings?.kept ?? 0;
  const list = useFindings(bucket, kind, kept);
  const { data, error } = list;
  const retry = useTurnPass(bucket, kind);
  if (!data) return error ? <Failure error={error} /> : <Skeleton h={80} />;
  return (
    <Stack>
      {pass.failed > 0 && (
        <Group>
          <Button loading={retry.isPending} onClick={() => retry.mutate('retry-failed')}>
            Try again what failed
          </Button>
        </Group>
      )}
      <Failure error={retry.error} />
      <DataTable
        label="Findings"
        columns={columnsOf(bucket)}
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
