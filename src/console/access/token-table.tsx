import { Skeleton, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { type Token, useRevokeToken, useTokens } from '../api/tokens.js';
import { type Column, DataTable } from '../parts/data-table.js';
import { Confirmation } from '../parts/dialog.js';
import { Failure } from '../parts/failure.js';
import { RowButton } from '../parts/row-button.js';
import { ShowMore } from '../parts/show-more.js';
import { timeWords } from '../parts/times.js';

/** The tokens that hold. */
export function TokenTable() {
  const list = useTokens();
  const { data, error } = list;
  const revoke = useRevokeToken();
  const [asked, setAsked] = useState<Token>();
  if (!data) return error ? <Failure error={error} /> : <Skeleton h={80} />;
  const columns: readonly Column<Token>[] = [
    {
      head: 'For',
      cell: ({ name }) => (
        <Text size="sm" className="break">
          {name}
        </Text>
      ),
    },
    { head: 'Role', cell: ({ role }) => role },
    { head: 'Created', cell: ({ created_at }) => timeWords(created_at) },
    { head: 'Holds until', cell: ({ expires_at }) => (expires_at ? timeWords(expires_at) : 'it is revoked') },
    {
      head: '',
      cell: (token) => <RowButton verb="Revoke" of={token.name} onClick={() => setAsked(token)} />,
    },
  ];
  const close = () => {
    revoke.reset();
    setAsked(undefined);
  };
  return (
    <Stack>
      <DataTable
        label="Tokens"
        columns={columns}
        rows={data.pages.flatMap(({ tokens }) => tokens)}
        rowKey={({ id }) => id}
        empty="There is no token. People need none: they sign in with the password."
      />
      <ShowMore of={list} />
      <Confirmation
        isOpen={asked !== undefined}
        onClose={close}
        title={`Revoke the token for ${asked?.name}`}
        verb="Revoke"
        isDangerous
        isPending={revoke.isPending}
        error={revoke.error}
        onConfirm={() => asked && revoke.mutate(asked.id, { onSuccess: close })}
      >
        <Text size="sm">Who uses it is refused from then on, on all gateways. It cannot be taken back.</Text>
      </Confirmation>
    </Stack>
  );
}
