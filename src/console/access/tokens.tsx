import { Alert, Button, Group, Select, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { type Token, useCreateToken } from '../api/tokens.js';
import { Copyable, CopyableBlock } from '../parts/copyable.js';
import { Card } from '../parts/facts.js';
import { Failure } from '../parts/failure.js';
import { Page } from '../parts/page.js';
import { TokenTable } from './token-table.js';

const ROLES: readonly { readonly value: Token['role']; readonly label: string }[] = [
  { value: 'read', label: 'read: it may look at everything' },
  { value: 'admin', label: 'admin: it may do everything' },
];

/** In seconds, as text: a field has no other values. */
const TIMES = [
  { value: '86400', label: 'a day' },
  { value: '2592000', label: '30 days' },
  { value: '7776000', label: '90 days' },
  { value: '31536000', label: 'a year' },
  { value: '', label: 'until it is revoked' },
];

/** Settings → Tokens. */
export function Tokens() {
  return (
    <Page
      title="Tokens"
      lead="What machines use the commands and the admin API with, in place of the admin password."
    >
      <Card title="Tokens">
        <TokenTable />
      </Card>
      <Card title="Create a token">
        <NewToken />
      </Card>
    </Page>
  );
}

function NewToken() {
  const create = useCreateToken();
  const form = useForm({ initialValues: { name: '', role: 'read' as Token['role'], time: '7776000' } });
  const submit = form.onSubmit(({ name, role, time }) =>
    create.mutate(
      { name, role, expires_in: time === '' ? null : Number(time) },
      { onSuccess: () => form.reset() },
    ),
  );
  return (
    <Stack>
      <form onSubmit={submit}>
        <Group align="flex-end">
          <TextInput
            label="What it is for"
            placeholder="ci"
            required
            maxLength={100}
            {...form.getInputProps('name')}
          />
          <Select label="Role" w={280} data={ROLES} allowDeselect={false} {...form.getInputProps('role')} />
          <Select label="It holds for" data={TIMES} allowDeselect={false} {...form.getInputProps('time')} />
          <Button type="submit" loading={create.isPending}>
            Create token
          </Button>
        </Group>
      </form>
      <Failure error={create.error} />
      {create.data && (
        <>
          <Alert color="yellow" title={`The token for ${create.data.name} is shown only now`}>
            Copy it before you leave this page. A lost one is revoked, and replaced by a new one.
          </Alert>
          <Copyable label="Token" value={create.data.token} />
          <CopyableBlock label="variable for commands" value={`export PENUMBRA_TOKEN=${create.data.token}`} />
        </>
      )}
    </Stack>
  );
}
