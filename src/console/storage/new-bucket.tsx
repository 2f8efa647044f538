import { Button, Checkbox, Group, Paper, Select, Stack, Stepper, Switch, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { type FormEvent, useState } from 'react';
import { Link } from 'react-router';
import { useBackends } from '../api/backends.js';
import { useCreateBucket } from '../api/buckets.js';
import { Failure } from '../parts/failure.js';
import { Form } from '../parts/form.js';
import { Page } from '../parts/page.js';
import { BUCKETS } from '../paths.js';
import { ClientSettings } from './client-settings.js';
import { NO_SHADOW, ShadowPlaceFields, ShadowUseFields, toShadowInput } from './shadow-fields.js';
import { TryShadow } from './shadow-trial.js';

const [NAME, SHADOW, USE, CLIENTS] = [0, 1, 2, 3] as const;

/** A bucket, the shadow that it comes from, and what clients need then. */
export function NewBucket() {
  const backends = useBackends();
  const create = useCreateBucket();
  const [step, setStep] = useState<number>(NAME);
  const form = useForm({
    initialValues: { name: '', backend: null as string | null, isPublic: false, hasShadow: true },
  });
  const shadowForm = useForm({ initialValues: NO_SHADOW });
  const { name, backend, isPublic, hasShadow } = form.values;
  const shadow = toShadowInput(shadowForm.values);
  const place = { ...(backend && { backend }) };
  const isLast = step === USE || (step === NAME && !hasShadow);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!isLast) {
      setStep(step + 1);
      return;
    }
    const bucket = { name, ...place, public: isPublic, ...(hasShadow && { shadow }) };
    create.mutate(bucket, { onSuccess: () => setStep(CLIENTS) });
  };

  return (
    <Page
      title="Create bucket"
      lead="Clients talk S3 to it as soon as it is there, also while its objects are still in the shadow."
    >
      <Paper withBorder p="lg" radius="md" maw={840}>
        <Stack gap="xl">
          <Stepper
            active={step}
            size="sm"
            allowNextStepsSelect={false}
            onStepClick={(to) => step !== CLIENTS && setStep(to)}
          >
            <Stepper.Step label="Bucket" />
            <Stepper.Step label="Shadow" />
            <Stepper.Step label="How it is used" />
            <Stepper.Step label="Clients" allowStepSelect={false} />
          </Stepper>
          {step === CLIENTS && create.data ? (
            <Stack>
              <ClientSettings
                bucket={create.data.bucket}
                accessKeyId={create.data.access_key_id}
                secretAccessKey={create.data.secret_access_key}
                endpoint={create.data.endpoint}
              />
              <Group justify="flex-end">
                <Button component={Link} to={`${BUCKETS}/${create.data.bucket}`}>
                  Go to the bucket
                </Button>
              </Group>
            </Stack>
          ) : (
            <Form onSubmit={submit}>
              {step === NAME && (
                <>
                  <TextInput
                    label="Name"
                    description="3 to 63 lower-case letters, digits, hyphens and dots"
                    required
                    pattern="[a-z0-9][a-z0-9.\-]{1,61}[a-z0-9]"
                    {...form.getInputProps('name')}
                  />
                  <Select
                    label="Backend"
                    description="Where its objects are to live"
                    placeholder="The default backend"
                    clearable
                    data={(backends.data ?? []).map(({ name: value, default: isDefault }) => ({
                      value,
                      label: isDefault ? `${value} (default)` : value,
                    }))}
                    {...form.getInputProps('backend')}
                  />
                  <Checkbox
                    label="Public: anybody may read its objects"
                    {...form.getInputProps('isPublic', { type: 'checkbox' })}
                  />
                  <Switch
                    label="It moves here from another store"
                    description="The bucket to move from becomes its shadow"
                    {...form.getInputProps('hasShadow', { type: 'checkbox' })}
                  />
                </>
              )}
              {step === SHADOW && (
                <>
                  <ShadowPlaceFields form={shadowForm} bucket={name} />
                  <TryShadow
                    trial={{
                      bucket: name,
                      ...place,
                      shadow: { ...shadow, write_through: false, delete: 'target' },
                    }}
                  />
                </>
              )}
              {step === USE && (
                <>
                  <ShadowUseFields form={shadowForm} />
                  <TryShadow trial={{ bucket: name, ...place, shadow }} />
                </>
              )}
              <Failure title="The bucket was not created" error={create.error} />
              <Group justify="space-between">
                <Button variant="default" component={Link} to={BUCKETS}>
                  Cancel
                </Button>
                <Group gap="xs">
                  {step > NAME && (
                    <Button variant="default" onClick={() => setStep(step - 1)}>
                      Back
                    </Button>
                  )}
                  <Button type="submit" loading={create.isPending}>
                    {isLast ? 'Create bucket' : 'Next'}
                  </Button>
                </Group>
              </Group>
            </Form>
          )}
        </Stack>
      </Paper>
    </Page>
  );
}
