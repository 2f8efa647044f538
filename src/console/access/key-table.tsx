import { Skeleton, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { type AccessKey, useAccessKeys, useRevokeKey } from '../api/keys.js';
import { type Column, DataTable } from '../parts/data-table.js';
import { Confirmation } from '../parts/dialog.js';
import { Failure } from '../parts/failure.js';
import { RowButton } from '../parts/row-button.js';
import { ShowMore } from '../parts/show-more.js';
import { timeWords } from '../parts/times.js';

/** Access keys, without their secrets, of one bucket or of all. */
export function KeyTable({ bucket }: { readonly bucket?: string }) {
  const list = useAccessKeys(bucket);
  const { data, error } = list;
  const revoke = useRevokeKey();
  const [asked, setAsked] = useState<string>();
  if (!data) return error ? <Failure error={error} /> : <Skeleton h={80} />;
  const columns: readonly Column<AccessKey>[] = [
    { head: 'Access key id', cell: ({ access_key_id }) => access_key_id },
    ...(bucket === undefined ? [{ head: 'Bucket', cell: (key: AccessKey) => key.bucket }] : []),
    { head: 'Role', cell: ({ role }) => role },
    { head: 'Created', cell: ({ created_at }) => timeWords(created_at) },
    {
      head: '',
      cell: ({ access_key_id }) => (
        <RowButton verb="Revoke" of={access_key_id} onClick={() => setAsked(access_key_id)} />
      ),
    },
  ];
  const close = () => setAsked(undefined);
  return (
    <Stack>
      <DataTable
        label="Access keys"
        columns={columns}
        rows={data.pages.flatMap(({ keys }) => keys)}
        rowKey={({ access_key_id }) => access_key_id}
        empty="There is no access key yet, and programs need one. Creating a bucket makes the first for it."
      />
      <ShowMore of={list} />
      <Confirmation
        isOpen={asked !== undefined}
        onClose={close}
        title={`Revoke ${asked}`}
        verb="Revoke"
        isDangerous
        isPending={revoke.isPending}
        error={revoke.error}
        onConfirm={() => asked && revoke.mutate(asked, { onSuccess: close })}
      >
        <Text size="sm">Programs that sign with it are refused from then on. It cannot be taken back.</Text>
      </Confirmation>
    </Stack>
  );
}
