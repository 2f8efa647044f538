import { Button, Checkbox, Group, Paper, Radio, SimpleGrid, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { Link, useNavigate } from 'react-router';
import { type NewBackend as Input, useAddBackend } from '../api/backends.js';
import { Failure } from '../parts/failure.js';
import { Form } from '../parts/form.js';
import { told } from '../parts/notices.js';
import { Page } from '../parts/page.js';
import { SecretField } from '../parts/secret-field.js';
import { BACKENDS } from '../paths.js';
import { EncryptionFields, toEncryption, useEncryptionForms } from './encryption-fields.js';

const INITIAL = {
  type: 's3',
  name: '',
  path: '',
  endpoint: '',
  region: 'us-east-1',
  access_key_id: '',
  secret_access_key: '',
  force_path_style: true,
  probe: true,
  probe_bucket: '',
};

function toInput(
  { type, name, path, probe, probe_bucket, ...s3 }: typeof INITIAL,
  encryption: Input['encryption'],
): Input {
  const trial = { name, probe, encryption, ...(probe_bucket && { probe_bucket }) };
  return type === 'filesystem' ? { type, path, ...trial } : { type: 's3', ...s3, ...trial };
}

/** Adds a store that buckets can live in, once it was tried. */
export function NewBackend() {
  const navigate = useNavigate();
  const add = useAddBackend();
  const form = useForm({ initialValues: INITIAL });
  const encryption = useEncryptionForms();
  const submit = form.onSubmit((values) =>
    add.mutate(toInput(values, toEncryption(encryption)), {
      onSuccess: ({ name }) => {
        told(`${name} was added: all gateways have it.`);
        navigate(BACKENDS);
      },
    }),
  );
  return (
    <Page title="Add backend" lead="Its settings are kept sealed, and its keys are never shown again.">
      <Paper withBorder p="lg" radius="md" maw={840}>
        <Form onSubmit={submit}>
          <TextInput label="Name" required {...form.getInputProps('name')} />
          <Radio.Group label="What it is" {...form.getInputProps('type')}>
            <Group mt="xs">
              <Radio value="s3" label="An S3 endpoint" />
              <Radio value="filesystem" label="A folder on the gateways' machine" />
            </Group>
          </Radio.Group>
          {form.values.type === 's3' ? (
            <>
              <SimpleGrid cols={{ base: 1, sm: 2 }}>
                <TextInput
                  label="Endpoint"
                  placeholder="https://…"
                  required
                  {...form.getInputProps('endpoint')}
                />
                <TextInput label="Region" required {...form.getInputProps('region')} />
                <TextInput
                  label="Access key id"
                  autoComplete="off"
                  required
                  {...form.getInputProps('access_key_id')}
                />
                <SecretField label="Secret access key" {...form.getInputProps('secret_access_key')} />
              </SimpleGrid>
              <Checkbox
                label="The bucket's name stands in the path, not in the host"
                {...form.getInputProps('force_path_style', { type: 'checkbox' })}
              />
            </>
          ) : (
            <TextInput label="Path" description="An absolute one" required {...form.getInputProps('path')} />
          )}
          <EncryptionFields forms={encryption} />
          <Checkbox
            label="Try it first, and do not add it when it cannot be used"
            {...form.getInputProps('probe', { type: 'checkbox' })}
          />
          {form.values.probe && (
            <TextInput
              label="A bucket to try it in"
              description="Without one a bucket is made, and removed again"
              {...form.getInputProps('probe_bucket')}
            />
          )}
          <Failure title="The backend was not added" error={add.error} />
          <Group justify="space-between">
            <Button variant="default" component={Link} to={BACKENDS}>
              Cancel
            </Button>
            <Button type="submit" loading={add.isPending}>
              Add backend
            </Button>
          </Group>
        </Form>
      </Paper>
    </Page>
  );
}
