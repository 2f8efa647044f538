import { Checkbox, Radio, SimpleGrid, Stack, Switch, TextInput } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import type { ShadowInput } from '../api/buckets.js';
import { SecretField } from '../parts/secret-field.js';

/** As the form has it: every field is there. */
export interface ShadowValues {
  readonly endpoint: string;
  readonly region: string;
  readonly name: string;
  readonly access_key_id: string;
  readonly secret_access_key: string;
  readonly write_through: boolean;
  readonly deletes_in_both: string;
  readonly prefix: string;
  readonly target_prefix: string;
  readonly acl: boolean;
}

export const NO_SHADOW: ShadowValues = {
  endpoint: '',
  region: 'us-east-1',
  name: '',
  access_key_id: '',
  secret_access_key: '',
  write_through: true,
  deletes_in_both: 'both',
  prefix: '',
  target_prefix: '',
  acl: false,
};

/** What is left empty is left out. */
export function toShadowInput({
  name,
  prefix,
  target_prefix,
  deletes_in_both,
  ...rest
}: ShadowValues): ShadowInput {
  return {
    ...rest,
    delete: deletes_in_both === 'target' ? 'target' : 'both',
    ...(name && { name }),
    ...(prefix && { prefix }),
    ...(target_prefix && { target_prefix }),
  };
}

interface ShadowFieldsProps {
  readonly form: UseFormReturnType<ShadowValues>;
  /** Of the bucket that is to move. */
  readonly bucket: string;
}

/** Where the bucket to move from is, and who may read it. */
export function ShadowPlaceFields({ form, bucket }: ShadowFieldsProps) {
  return (
    <Stack>
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <TextInput
          label="Endpoint"
          description="As the gateway sees it"
          placeholder="https://s3.us-east-1.amazonaws.com"
          required
          {...form.getInputProps('endpoint')}
        />
        <TextInput
          label="Region"
          description="Any, where the store knows none"
          required
          {...form.getInputProps('region')}
        />
        <TextInput
          label="Access key id"
          description="It must list and read, and write for write-through"
          autoComplete="off"
          required
          {...form.getInputProps('access_key_id')}
        />
        <SecretField
          label="Secret access key"
          description="Kept sealed, never shown again"
          {...form.getInputProps('secret_access_key')}
        />
      </SimpleGrid>
      <TextInput
        label="Bucket at the endpoint"
        description={`${bucket || 'The same name'} unless it is called otherwise there`}
        placeholder={bucket}
        {...form.getInputProps('name')}
      />
    </Stack>
  );
}

/** How it is used while the bucket moves. */
export function ShadowUseFields({ form }: Pick<ShadowFieldsProps, 'form'>) {
  return (
    <Stack>
      <Switch
        label="Write-through"
        description="Writes go to both stores, so that you can go back until the end. It can be switched later."
        {...form.getInputProps('write_through', { type: 'checkbox' })}
      />
      <Radio.Group label="What clients delete goes from" {...form.getInputProps('deletes_in_both')}>
        <Stack gap="xs" mt="xs">
          <Radio value="both" label="both stores" />
          <Radio value="target" label="the target alone: the shadow keeps its objects" />
        </Stack>
      </Radio.Group>
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <TextInput
          label="Keys in the shadow begin with"
          description="All of them, unless something stands here"
          {...form.getInputProps('prefix')}
        />
        <TextInput
          label="In the target they begin with"
          description="In place of that"
          {...form.getInputProps('target_prefix')}
        />
      </SimpleGrid>
      <Checkbox
        label="Copies keep the grants (ACLs) of the shadow's objects"
        {...form.getInputProps('acl', { type: 'checkbox' })}
      />
    </Stack>
  );
}
