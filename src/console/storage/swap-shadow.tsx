import { Switch, Text } from '@mantine/core';
import { useState } from 'react';
import { type Bucket, useChangeBucket } from '../api/buckets.js';
import { Confirmation, type DialogProps } from '../parts/dialog.js';
import { told } from '../parts/notices.js';
import { homeOf, shadowOf } from './progress.js';

interface SwapShadowProps extends DialogProps {
  readonly bucket: Bucket;
}

/** Has target and shadow change places: the way back. */
export function SwapShadow({ bucket, isOpen, onClose }: SwapShadowProps) {
  const change = useChangeBucket(bucket.bucket);
  const [force, setForce] = useState(false);
  const swap = () =>
    change.mutate(
      { swap_shadow: true, force },
      {
        onSuccess: () => {
          told('Target and shadow change places, step by step.');
          onClose();
        },
      },
    );
  return (
    <Confirmation
      isOpen={isOpen}
      onClose={onClose}
      title={`Swap target and shadow of ${bucket.bucket}`}
      verb="Swap"
      isPending={change.isPending}
      error={change.error}
      onConfirm={swap}
    >
      <Text size="sm">
        {shadowOf(bucket)} becomes the target, and {homeOf(bucket)} the shadow, while clients go on. Both are
        brought into line first. It takes write-through.
      </Text>
      <Switch
        label="Do not wait for gateways that are out of touch"
        checked={force}
        onChange={({ currentTarget }) => setForce(currentTarget.checked)}
      />
    </Confirmation>
  );
}
