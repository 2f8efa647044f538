import { Checkbox, Select, TextInput } from '@mantine/core';
import { type UseFormReturnType, useForm } from '@mantine/form';
import type { NewBackend } from '../api/backends.js';
import { KeyFields, type KeyValues, NO_KEY } from './key-fields.js';

type Encryption = NonNullable<NewBackend['encryption']>;
type Mode = Encryption['mode'];

const MODES: readonly { readonly value: Mode; readonly label: string }[] = [
  { value: 'none', label: 'No: objects are stored as they come' },
  { value: 'aes256-gcm', label: 'By the gateway (AES-256-GCM): the store never sees what is in them' },
  { value: 'sse-s3', label: 'By the store, with its own keys (SSE-S3)' },
  { value: 'sse-kms', label: 'By the store, with a key management service (SSE-KMS)' },
];

interface EncryptionForms {
  readonly how: UseFormReturnType<{
    readonly mode: Mode;
    readonly strict: boolean;
    readonly kmsKey: string;
  }>;
  readonly key: UseFormReturnType<KeyValues>;
}

export function useEncryptionForms(): EncryptionForms {
  const how = useForm({ initialValues: { mode: 'none' as Mode, strict: false, kmsKey: '' } });
  return { how, key: useForm({ initialValues: NO_KEY }) };
}

/** As the admin API takes it. */
export function toEncryption({ how, key }: EncryptionForms): Encryption {
  const { mode, strict, kmsKey } = how.values;
  if (mode === 'aes256-gcm') return { mode, ...key.values, strict };
  if (mode === 'sse-kms') return { mode, ...(kmsKey && { key_id: kmsKey }) };
  return { mode };
}

/** Whether what is in a backend is encrypted at rest, and how. */
export function EncryptionFields({ forms: { how, key } }: { readonly forms: EncryptionForms }) {
  const { mode } = how.values;
  return (
    <>
      <Select
        label="Are objects encrypted at rest?"
        data={MODES}
        allowDeselect={false}
        {...how.getInputProps('mode')}
      />
      {mode === 'aes256-gcm' && (
        <>
          <KeyFields form={key} />
          <Checkbox
            label="Refuse objects that are not encrypted"
            description="Where nothing is there yet: nobody who can write to the store can slip in objects of his own"
            {...how.getInputProps('strict', { type: 'checkbox' })}
          />
        </>
      )}
      {mode === 'sse-kms' && (
        <TextInput
          label="Key of the service"
          description="Its id, alias or ARN; the store's own choice without one"
          {...how.getInputProps('kmsKey')}
        />
      )}
    </>
  );
}
