import { Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useChangeBackend } from '../api/backends.js';
import { useChangeBucket } from '../api/buckets.js';
import { Confirmation, type DialogProps } from '../parts/dialog.js';
import { told } from '../parts/notices.js';
import { SecretField } from '../parts/secret-field.js';

interface Keys {
  readonly access_key_id: string;
  readonly secret_access_key: string;
}

interface ChangeKeysProps extends DialogProps {
  readonly backend: string;
}

/** Gives a backend that was added other keys, which are tried first. */
export function ChangeKeys({ backend, ...dialog }: ChangeKeysProps) {
  const change = useChangeBackend(backend);
  const use = (keys: Keys, onSuccess: () => void) => change.mutate(keys, { onSuccess });
  return <NewKeys of={backend} change={change} use={use} {...dialog} />;
}

interface ChangeShadowKeysProps extends DialogProps {
  readonly bucket: string;
}

/** The same for the shadow of a bucket. */
export function ChangeShadowKeys({ bucket, ...dialog }: ChangeShadowKeysProps) {
  const change = useChangeBucket(bucket);
  const use = (shadow: Keys, onSuccess: () => void) => change.mutate({ shadow }, { onSuccess });
  return <NewKeys of={`the shadow of ${bucket}`} change={change} use={use} {...dialog} />;
}

interface NewKeysProps extends DialogProps {
  readonly of: string;
  readonly use: (keys: Keys, onSuccess: () => void) => void;
  readonly change: { readonly isPending: boolean; readonly error: unknown };
}

function NewKeys({ of, use, change, isOpen, onClose }: NewKeysProps) {
  const form = useForm<Keys>({ initialValues: { access_key_id: '', secret_access_key: '' } });
  const { access_key_id: id, secret_access_key: secret } = form.values;
  const save = () =>
    use(form.values, () => {
      told(`All gateways use the new keys of ${of}.`);
      onClose();
    });
  return (
    <Confirmation
      isOpen={isOpen}
      onClose={onClose}
      title={`Change the keys of ${of}`}
      verb="Use these keys"
      isAllowed={id !== '' && secret !== ''}
      isPending={change.isPending}
      error={change.error}
      onConfirm={save}
    >
      <Text size="sm">They are tried first. Requests under way end with the old ones.</Text>
      <TextInput label="Access key id" autoComplete="off" required {...form.getInputProps('access_key_id')} />
      <SecretField label="Secret access key" {...form.getInputProps('secret_access_key')} />
    </Confirmation>
  );
}
