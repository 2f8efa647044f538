import { Alert, List, Skeleton, Stack, Switch, Text, TextInput, ThemeIcon } from '@mantine/core';
import { IconAlertTriangle, IconCheck, IconX } from '@tabler/icons-react';
import { useState } from 'react';
import { formatMany, formatObjects } from '../../cli/format.js';
import { type Bucket, type Migration, useBucketStatus, useChangeBucket } from '../api/buckets.js';
import { ApiError } from '../api/client.js';
import { Confirmation, type DialogProps } from '../parts/dialog.js';
import { Failure } from '../parts/failure.js';
import { told } from '../parts/notices.js';

interface ClearShadowProps extends DialogProps {
  readonly bucket: Bucket;
}

/** Ends the move: what is left is shown before, and what would be lost is only lost when the bucket's name is typed. */
export function ClearShadow({ bucket: { bucket, shadow }, isOpen, onClose }: ClearShadowProps) {
  const status = useBucketStatus(bucket);
  const change = useChangeBucket(bucket);
  const [typed, setTyped] = useState('');
  const [whenDrained, setWhenDrained] = useState(false);
  const isRefused = change.error instanceof ApiError && change.error.code === 'not_migrated';
  const close = () => {
    change.reset();
    setTyped('');
    onClose();
  };
  const clear = () => {
    const how = whenDrained ? { when_drained: true } : { shadow: null, force: isRefused };
    const words = whenDrained ? 'It is cleared as soon as a sweep leaves nothing.' : 'The shadow goes.';
    change.mutate(how, {
      onSuccess: () => {
        told(words);
        close();
      },
    });
  };
  return (
    <Confirmation
      isOpen={isOpen}
      onClose={close}
      title={`Clear the shadow of ${bucket}`}
      verb={isRefused && !whenDrained ? 'Clear it and lose what is left' : 'Clear shadow'}
      isDangerous={isRefused && !whenDrained}
      isAllowed={!isRefused || whenDrained || typed === bucket}
      isPending={change.isPending}
      error={change.error}
      onConfirm={clear}
    >
      <Text size="sm">
        From then on {bucket} is its target alone. The bucket {shadow?.name} stays as it is, and is not read
        any more. Whether anything would be lost is counted once more before.
      </Text>
      <Failure error={status.error} />
      {status.data ? <Drained migration={status.data.migration} /> : <Skeleton h={100} />}
      <Switch
        label="Wait until it is drained"
        description="Sweeps until nothing is left, and clears the shadow then"
        checked={whenDrained}
        onChange={({ currentTarget }) => setWhenDrained(currentTarget.checked)}
      />
      {isRefused && !whenDrained && (
        <Alert color="red" icon={<IconAlertTriangle aria-hidden />} title="Something would be lost">
          <Stack gap="xs">
            <Text size="sm">What only the shadow has is not to be had here any more.</Text>
            <TextInput
              label={`Type ${bucket} to clear it all the same`}
              autoComplete="off"
              value={typed}
              onChange={({ currentTarget }) => setTyped(currentTarget.value)}
            />
          </Stack>
        </Alert>
      )}
    </Confirmation>
  );
}

/** What has to hold before nothing would be lost. */
function Drained({ migration }: { readonly migration: Migration }) {
  const { remaining, exact, counted_by, pending_repairs, failed, problem } = migration;
  const isCounted = exact && counted_by === 'listings' && problem === null;
  const checks = [
    {
      ok: isCounted,
      words: isCounted ? 'Both stores were counted' : `Not all was counted${problem ? `: ${problem}` : ''}`,
    },
    { ok: isCounted && remaining === 0, words: `${formatObjects(remaining)} that only the shadow has` },
    { ok: failed === 0, words: `${formatObjects(failed)} failed in the last sweep` },
    { ok: pending_repairs === 0, words: `${formatMany(pending_repairs, 'delete')} that the shadow is owed` },
  ];
  return (
    <List size="sm" spacing="xs" aria-label="Drained">
      {checks.map(({ ok, words }) => (
        <List.Item
          key={words}
          icon={
            <ThemeIcon
              size={20}
              radius="xl"
              color={ok ? 'teal.8' : 'red.8'}
              role="img"
              aria-label={ok ? 'Yes' : 'No'}
            >
              {ok ? <IconCheck size={14} aria-hidden /> : <IconX size={14} aria-hidden />}
            </ThemeIcon>
          }
        >
          {words}
        </List.Item>
      ))}
    </List>
  );
}
