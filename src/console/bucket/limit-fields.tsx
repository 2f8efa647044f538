import { Button, Group, SimpleGrid, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import type { Limits, Pass } from '../api/passes.js';
import { type PassKind, usePassLimits } from '../api/passes.js';
import { Failure } from '../parts/failure.js';
import { Form } from '../parts/form.js';

export interface LimitValues {
  readonly max_bandwidth: string;
  readonly max_requests: string;
  readonly window: string;
}

export const NO_LIMITS: LimitValues = { max_bandwidth: '', max_requests: '', window: '' };

/** An empty field is no limit. */
export const toLimits = ({ max_bandwidth, max_requests, window }: LimitValues): Limits => ({
  max_bandwidth: max_bandwidth || 'off',
  max_requests: max_requests || 'off',
  window: window || 'off',
});

interface LimitFieldsProps {
  /** Of the inputs, as `useForm` gives them. */
  readonly inputs: (field: keyof LimitValues) => object;
}

/** How much of the stores something may take. */
export function LimitFields({ inputs }: LimitFieldsProps) {
  return (
    <SimpleGrid cols={{ base: 1, sm: 3 }}>
      <TextInput
        label="Bandwidth per second"
        description="Such as 50MB; no limit where empty"
        placeholder="no limit"
        {...inputs('max_bandwidth')}
      />
      <TextInput
        label="Requests per second"
        description="To both stores together"
        placeholder="no limit"
        inputMode="numeric"
        {...inputs('max_requests')}
      />
      <TextInput
        label="Only between"
        description="Such as 22:00-06:00 Europe/Berlin"
        placeholder="at any time"
        {...inputs('window')}
      />
    </SimpleGrid>
  );
}

interface PassLimitsProps {
  readonly bucket: string;
  readonly kind: PassKind;
  readonly pass: Pass;
}

/** Changes the limits of a pass that is under way, with effect at once. */
export function PassLimits({ bucket, kind, pass }: PassLimitsProps) {
  const change = usePassLimits(bucket, kind);
  const form = useForm({ initialValues: valuesOf(pass) });
  return (
    <Form onSubmit={form.onSubmit((values) => change.mutate(toLimits(values)))}>
      <LimitFields inputs={form.getInputProps} />
      <Group>
        <Button type="submit" variant="default" loading={change.isPending}>
          Set limits
        </Button>
        <span aria-live="polite">{change.isSuccess && 'In effect.'}</span>
      </Group>
      <Failure error={change.error} />
    </Form>
  );
}

function valuesOf({ settings }: Pass): LimitValues {
  if (!settings) return NO_LIMITS;
  const { max_bandwidth: bandwidth, max_requests: requests, window } = settings;
  return {
    max_bandwidth: bandwidth === null ? '' : formatBandwidth(bandwidth),
    max_requests: requests === null ? '' : String(requests),
    window: window ?? '',
  };
}

/** As it can be read again, to the byte. */
const formatBandwidth = (bytes: number): string =>
  bytes % 1e6 === 0 ? `${bytes / 1e6}MB` : bytes % 1e3 === 0 ? `${bytes / 1e3}kB` : `${bytes}B`;
