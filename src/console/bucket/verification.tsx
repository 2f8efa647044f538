import { Anchor, Button, Group, NumberInput, Select, Skeleton, Stack, Text } from '@mantine/core';
import { useForm } from '@mantine/form';
import { path } from '../api/client.js';
import { usePass, useStartPass, type VerifySettings } from '../api/passes.js';
import { Card } from '../parts/facts.js';
import { Failure } from '../parts/failure.js';
import { Form } from '../parts/form.js';
import { Findings } from './findings.js';
import { LimitFields, NO_LIMITS, PassLimits, toLimits } from './limit-fields.js';
import { isUnderWay, PassControls } from './pass-controls.js';
import { PassFacts } from './pass-facts.js';

const LEVELS = [
  { value: 'listing', label: 'what the listings show' },
  { value: 'checksum', label: 'checksums' },
  { value: 'content', label: 'all bytes' },
];

/** The proof that both stores have the same, and a report of every key. */
export function Verification({ bucket }: { readonly bucket: string }) {
  const { data: pass, error } = usePass(bucket, 'verify');
  if (!pass) return error ? <Failure error={error} /> : <Skeleton h={160} />;
  return (
    <Stack>
      <Failure title="What is shown may be old" error={error} />
      <Card title="Verification">
        <Stack>
          <PassFacts pass={pass} label={`Verification of ${bucket}`} />
          {isUnderWay(pass) ? (
            <>
              <PassControls bucket={bucket} kind="verify" pass={pass} />
              <PassLimits key={pass.run ?? ''} bucket={bucket} kind="verify" pass={pass} />
            </>
          ) : (
            <StartVerification bucket={bucket} />
          )}
        </Stack>
      </Card>
      <Card title="What is not the same">
        <Findings
          bucket={bucket}
          kind="verify"
          pass={pass}
          none="Nothing that is not as it should be was found."
        />
      </Card>
      <Card title="Report">
        <Text size="sm">
          A line of JSON for every key, made while it is downloaded; only one that ends with a summary is
          whole.
        </Text>
        <Group mt="xs">
          {LEVELS.map(({ value, label }) => (
            <Anchor
              key={value}
              href={`/_/api/admin${path`/buckets/${bucket}/report`}?level=${value}`}
              download={`${bucket}-${value}.ndjson`}
            >
              By {label}
            </Anchor>
          ))}
        </Group>
      </Card>
    </Stack>
  );
}

function StartVerification({ bucket }: { readonly bucket: string }) {
  const start = useStartPass(bucket, 'verify');
  const form = useForm({ initialValues: { ...NO_LIMITS, level: 'checksum', percent: 100 } });
  const submit = form.onSubmit(({ level, percent, ...limits }) =>
    start.mutate({ ...toLimits(limits), level: level as VerifySettings['level'], sample: percent / 100 }),
  );
  return (
    <Form onSubmit={submit}>
      <Group grow>
        <Select label="Compare" data={LEVELS} allowDeselect={false} {...form.getInputProps('level')} />
        <NumberInput
          label="Share of the keys"
          min={0.01}
          max={100}
          suffix=" %"
          {...form.getInputProps('percent')}
        />
      </Group>
      <LimitFields inputs={form.getInputProps} />
      <Failure error={start.error} />
      <Group>
        <Button type="submit" loading={start.isPending}>
          Start verification
        </Button>
      </Group>
    </Form>
  );
}
