import { Alert, Button, Group, Text } from '@mantine/core';
import { IconCircleCheck, IconPlugConnected } from '@tabler/icons-react';
import { type ShadowTrial, useShadowTrial } from '../api/shadow-trial.js';
import { Failure } from '../parts/failure.js';

/** Tries the shadow as it is filled in, and tells what came of it. */
export function TryShadow({ trial }: { readonly trial: ShadowTrial }) {
  const trying = useShadowTrial();
  // What was found out holds of what was tried.
  const isOfThis = JSON.stringify(trying.variables) === JSON.stringify(trial);
  return (
    <>
      <Group>
        <Button
          variant="default"
          leftSection={<IconPlugConnected size={18} aria-hidden />}
          loading={trying.isPending}
          onClick={() => trying.mutate(trial)}
        >
          Try it
        </Button>
        <Text size="sm" c="dimmed">
          Changes nothing. It is tried once more when it is set.
        </Text>
      </Group>
      <div aria-live="polite">
        {isOfThis && trying.isSuccess && (
          <Alert color="teal" icon={<IconCircleCheck aria-hidden />} title="It works">
            {trial.shadow.write_through
              ? 'The shadow can be listed, read, written and deleted from.'
              : 'The shadow can be listed and read, and does what these settings need.'}
          </Alert>
        )}
        {isOfThis && <Failure title="It does not work" error={trying.error} />}
      </div>
    </>
  );
}
