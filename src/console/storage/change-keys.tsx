import { Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useChangeBackend } from '../api/backends.js';
import { Confirmation, type DialogProps } from '../parts/dialog.js';
import { told } from '../parts/notices.js';
import { SecretField } from '../parts/secret-field.js';

interface ChangeKeysProps extends DialogProps {
  readonly backend: string;
}

/** Gives a backend that was added other keys, which are tried first. */
export function ChangeKeys({ backend, isOpen, onClose }: ChangeKeysProps) {
  const change = useChangeBackend(backend);
  const form = useForm({ initialValues: { access_key_id: '', secret_access_key: '' } });
  const save = () =>
    change.mutate(form.values, {
      onSuccess: () => {
        told(`All gateways use the new keys of ${backend}.`);
        onClose();
      },
    });
  const { access_key_id: id, secret_access_key: secret } = form.values;
  return (
    <Confirmation
      isOpen={isOpen}
      onClose={onClose}
      title={`Change the keys of ${backend}`}
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
