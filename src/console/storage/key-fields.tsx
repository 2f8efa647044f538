import { Button, Group, SimpleGrid, Text, TextInput } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { CopyIcon } from '../parts/copyable.js';
import { SecretField } from '../parts/secret-field.js';

/** A key of AES-256-GCM. */
export interface KeyValues {
  readonly key_id: string;
  /** 32 bytes in base64 or hexadecimal. */
  readonly key: string;
}

export const NO_KEY: KeyValues = { key_id: '', key: '' };

const KEY_BYTES = 32;

const newKey = (): string => btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(KEY_BYTES))));

/** The name of a key and the key, which can be made here. */
export function KeyFields({ form }: { readonly form: UseFormReturnType<KeyValues> }) {
  return (
    <>
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <TextInput
          label="Name of the key"
          description="Objects name it: letters, digits, dots, dashes, underscores"
          placeholder="backups-2026"
          required
          pattern="[A-Za-z0-9._\-]{1,64}"
          {...form.getInputProps('key_id')}
        />
        <SecretField
          label="Key"
          description="32 bytes in base64 or hexadecimal"
          {...form.getInputProps('key')}
        />
      </SimpleGrid>
      <Group gap="xs">
        <Button variant="default" size="xs" onClick={() => form.setFieldValue('key', newKey())}>
          Make a key
        </Button>
        {form.values.key !== '' && <CopyIcon value={form.values.key} label="key" />}
        <Text size="sm">Keep a copy elsewhere: who loses the key has lost the objects.</Text>
      </Group>
    </>
  );
}
