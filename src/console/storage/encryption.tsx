import { Alert, Skeleton, Stack, Text } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useParams } from 'react-router';
import { type Backend, useBackends, useChangeBackend } from '../api/backends.js';
import { Card } from '../parts/facts.js';
import { Failure } from '../parts/failure.js';
import { SubmitForm } from '../parts/form.js';
import { told } from '../parts/notices.js';
import { Page } from '../parts/page.js';
import { KeyFields, NO_KEY } from './key-fields.js';
import { RotateKeys } from './rotate-keys.js';

/** How what is in a backend is encrypted, with what, and how that is changed. */
export function Encryption() {
  const { name = '' } = useParams();
  const { data, error } = useBackends();
  const backend = data?.find((one) => one.name === name);
  return (
    <Page
      title={`Encryption of ${name}`}
      lead={
        backend?.encryption.key_id
          ? `New objects are encrypted with the key ${backend.encryption.key_id}.`
          : undefined
      }
    >
      <Failure error={error} />
      {!data && !error && <Skeleton h={200} />}
      {data && !backend && <Alert color="gray">There is no backend of that name.</Alert>}
      {backend?.encryption.mode === 'none' && <Alert color="gray">Objects are stored as they come.</Alert>}
      {backend && backend.encryption.mode !== 'none' && (
        <Stack>
          {backend.encryption.mode === 'aes256-gcm' && <AnotherKey backend={backend} />}
          <RotateKeys backend={name} />
        </Stack>
      )}
    </Page>
  );
}

function AnotherKey({ backend: { name, declared, type } }: { readonly backend: Backend }) {
  return (
    <Card title="Another key">
      {declared || type !== 's3' ? (
        <Text size="sm">
          {declared
            ? 'The configuration declares this backend: put the new key there, the old one under previous, on all gateways, and restart them.'
            : 'The settings of a folder that was added cannot be changed.'}
        </Text>
      ) : (
        <NewKey backend={name} />
      )}
    </Card>
  );
}

function NewKey({ backend }: { readonly backend: string }) {
  const change = useChangeBackend(backend);
  const form = useForm({ initialValues: NO_KEY });
  const submit = form.onSubmit((new_key) =>
    change.mutate(
      { new_key },
      {
        onSuccess: () => {
          told(`New objects in ${backend} are encrypted with ${new_key.key_id}.`);
          form.reset();
        },
      },
    ),
  );
  return (
    <Stack>
      <Text size="sm">
        All gateways encrypt with it from then on. What is there is still read with the keys of before.
      </Text>
      <SubmitForm verb="Use this key" onSubmit={submit} isPending={change.isPending}>
        <KeyFields form={form} />
        <Failure title="The key was not taken" error={change.error} />
      </SubmitForm>
    </Stack>
  );
}
