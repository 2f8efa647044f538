import { Button, Checkbox, Group, Select, Skeleton, Stack } from '@mantine/core';
import { useForm } from '@mantine/form';
import { type SweepSettings, usePass, useStartPass } from '../api/passes.js';
import { Card } from '../parts/facts.js';
import { Failure } from '../parts/failure.js';
import { Form } from '../parts/form.js';
import { Findings } from './findings.js';
import { LimitFields, NO_LIMITS, PassLimits, toLimits } from './limit-fields.js';
import { isUnderWay, PassControls } from './pass-controls.js';
import { PassFacts } from './pass-facts.js';

/** The sweep of a bucket: begun, steered, and what it could not copy. */
export function Sweep({ bucket }: { readonly bucket: string }) {
  const { data: pass, error } = usePass(bucket, 'sweep');
  if (!pass) return error ? <Failure error={error} /> : <Skeleton h={160} />;
  return (
    <Stack>
      <Failure title="What is shown may be old" error={error} />
      <Card title="Sweep">
        <Stack>
          <PassFacts pass={pass} label={`Sweep of ${bucket}`} />
          {isUnderWay(pass) ? (
            <>
              <PassControls bucket={bucket} kind="sweep" pass={pass} />
              <PassLimits key={pass.run ?? ''} bucket={bucket} kind="sweep" pass={pass} />
            </>
          ) : (
            <StartSweep bucket={bucket} />
          )}
        </Stack>
      </Card>
      <Card title="Failures and drift">
        <Findings bucket={bucket} kind="sweep" pass={pass} none="Nothing failed, and nothing drifted." />
      </Card>
    </Stack>
  );
}

const DRIFT = [
  { value: 'report', label: 'tell of them, and leave them' },
  { value: 'source-wins', label: 'copy them again: the shadow counts' },
  { value: 'target-wins', label: 'leave them: the target counts' },
];

function StartSweep({ bucket }: { readonly bucket: string }) {
  const start = useStartPass(bucket, 'sweep');
  const form = useForm({ initialValues: { ...NO_LIMITS, on_drift: 'report', catch_up: false } });
  const submit = form.onSubmit(({ on_drift, catch_up, ...limits }) =>
    start.mutate({ ...toLimits(limits), catch_up, on_drift: on_drift as SweepSettings['on_drift'] }),
  );
  return (
    <Form onSubmit={submit}>
      <LimitFields inputs={form.getInputProps} />
      <Select
        label="Keys that changed in the shadow after they were copied"
        data={DRIFT}
        allowDeselect={false}
        {...form.getInputProps('on_drift')}
      />
      <Checkbox
        label="Go on until a pass finds nothing to copy"
        {...form.getInputProps('catch_up', { type: 'checkbox' })}
      />
      <Failure error={start.error} />
      <Group>
        <Button type="submit" loading={start.isPending}>
          Start sweep
        </Button>
      </Group>
    </Form>
  );
}
