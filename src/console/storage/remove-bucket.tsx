import { Text } from '@mantine/core';
import { useNavigate } from 'react-router';
import { useRemoveBucket } from '../api/buckets.js';
import { Confirmation, type DialogProps } from '../parts/dialog.js';
import { BUCKETS } from '../paths.js';

interface RemoveBucketProps extends DialogProps {
  readonly bucket: string;
}

export function RemoveBucket({ bucket, isOpen, onClose }: RemoveBucketProps) {
  const navigate = useNavigate();
  const removal = useRemoveBucket(bucket);
  return (
    <Confirmation
      isOpen={isOpen}
      onClose={onClose}
      title={`Remove ${bucket}`}
      verb="Remove bucket"
      isDangerous
      isPending={removal.isPending}
      error={removal.error}
      onConfirm={() => removal.mutate(undefined, { onSuccess: () => navigate(BUCKETS) })}
    >
      <Text size="sm">Only an empty bucket can be removed. Its access keys go with it.</Text>
    </Confirmation>
  );
}
