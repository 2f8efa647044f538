import { Button, Checkbox, Group, Paper, Radio, Select, Skeleton, Stack } from '@mantine/core';
import { useForm } from '@mantine/form';
import { Link, useNavigate, useParams } from 'react-router';
import { useBackends } from '../api/backends.js';
import { useBucket } from '../api/buckets.js';
import { type MigrateInput, useMigrate, usePreflight } from '../api/jobs.js';
import { LimitFields, NO_LIMITS, toLimits } from '../bucket/limit-fields.js';
import { Failure } from '../parts/failure.js';
import { Form } from '../parts/form.js';
import { Page } from '../parts/page.js';
import { BUCKETS, JOBS } from '../paths.js';
import { PreflightFindings } from './preflight.js';

const INITIAL = {
  ...NO_LIMITS,
  target_backend: '',
  writes: 'gate',
  on_existing: 'fail',
  verify: 'checksum',
  delete_source: false,
};

const toInput = ({
  target_backend,
  writes,
  on_existing,
  verify,
  delete_source,
  ...limits
}: typeof INITIAL): MigrateInput => ({
  target_backend,
  writes: writes as MigrateInput['writes'],
  on_existing: on_existing as MigrateInput['on_existing'],
  verify: verify as MigrateInput['verify'],
  delete_source,
  limits: toLimits(limits),
});

/** Moves a bucket to another backend, after a look at what that takes. */
export function Migrate() {
  const { name = '' } = useParams();
  const navigate = useNavigate();
  const backends = useBackends();
  const { data: bucket, error } = useBucket(name);
  const preflight = usePreflight(name);
  const migrate = useMigrate(name);
  const form = useForm({ initialValues: INITIAL });
  const input = toInput(form.values);
  // What was found out holds of what was asked.
  const isOfThis = JSON.stringify(preflight.variables) === JSON.stringify(input);
  const begin = () => migrate.mutate(input, { onSuccess: ({ id }) => navigate(`${JOBS}/${id}`) });
  if (!bucket || !backends.data)
    return <Page title={`Migrate ${name}`}>{error ? <Failure error={error} /> : <Skeleton h={200} />}</Page>;
  return (
    <Page
      title={`Migrate ${name}`}
      lead={`From ${bucket.backend ?? bucket.target_endpoint} to another backend. Reads keep working all along.`}
    >
      <Paper withBorder p="lg" radius="md" maw={840}>
        <Form onSubmit={form.onSubmit(() => preflight.mutate(input))}>
          <Select
            label="Target backend"
            required
            data={backends.data.map(({ name: value }) => value).filter((value) => value !== bucket.backend)}
            nothingFoundMessage="There is no other backend"
            {...form.getInputProps('target_backend')}
          />
          <Radio.Group label="Writes while it moves" {...form.getInputProps('writes')}>
            <Stack gap="xs" mt="xs">
              <Radio
                value="gate"
                label="wait: they are answered 503 SlowDown until the bucket has changed over"
              />
              <Radio value="live" label="go on: they go to both backends" />
            </Stack>
          </Radio.Group>
          <Radio.Group label="Objects that are at the target already" {...form.getInputProps('on_existing')}>
            <Stack gap="xs" mt="xs">
              <Radio value="fail" label="keep the job from beginning" />
              <Radio value="replace" label="are replaced" />
            </Stack>
          </Radio.Group>
          <Radio.Group label="Verify by" {...form.getInputProps('verify')}>
            <Group mt="xs">
              <Radio value="checksum" label="checksums" />
              <Radio value="content" label="all bytes" />
            </Group>
          </Radio.Group>
          <LimitFields inputs={form.getInputProps} />
          <Checkbox
            label="Delete source"
            description="What was proven to be at the target is deleted where it was, after the change-over. Off, the old copy stays."
            {...form.getInputProps('delete_source', { type: 'checkbox' })}
          />
          <Failure error={preflight.error} />
          <div aria-live="polite">
            {isOfThis && preflight.data && <PreflightFindings found={preflight.data} />}
          </div>
          <Failure title="The job was not begun" error={migrate.error} />
          <Group justify="space-between">
            <Button variant="default" component={Link} to={`${BUCKETS}/${name}`}>
              Cancel
            </Button>
            <Group gap="xs">
              <Button type="submit" variant="default" loading={preflight.isPending}>
                Look first
              </Button>
              <Button disabled={!isOfThis || !preflight.data} loading={migrate.isPending} onClick={begin}>
                Start migration
              </Button>
            </Group>
          </Group>
        </Form>
      </Paper>
    </Page>
  );
}
