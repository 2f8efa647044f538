import { Button, Group } from '@mantine/core';
import { IconPlayerPause, IconPlayerPlay, IconPlayerStop } from '@tabler/icons-react';
import { type Pass, type PassKind, type Turn, useTurnPass } from '../api/passes.js';
import { Failure } from '../parts/failure.js';

interface PassControlsProps {
  readonly bucket: string;
  readonly kind: PassKind;
  readonly pass: Pass;
}

const TURNS = [
  { turn: 'pause', label: 'Pause', icon: IconPlayerPause, of: ['planning', 'running'] },
  { turn: 'resume', label: 'Resume', icon: IconPlayerPlay, of: ['paused'] },
  { turn: 'stop', label: 'Stop', icon: IconPlayerStop, of: ['planning', 'running', 'paused'] },
] as const satisfies readonly { turn: Turn; of: readonly Pass['state'][]; [more: string]: unknown }[];

export const isUnderWay = ({ state }: Pass): boolean =>
  state === 'planning' || state === 'running' || state === 'paused';

/** What can be done with a pass that is under way. */
export function PassControls({ bucket, kind, pass }: PassControlsProps) {
  const turn = useTurnPass(bucket, kind);
  return (
    <>
      <Group>
        {TURNS.filter(({ of }) => (of as readonly string[]).includes(pass.state)).map(
          ({ turn: to, label, icon: Icon }) => (
            <Button
              key={to}
              variant="default"
              leftSection={<Icon size={16} aria-hidden />}
              loading={turn.isPending && turn.variables === to}
              onClick={() => turn.mutate(to)}
            >
              {label}
            </Button>
          ),
        )}
      </Group>
      <Failure error={turn.error} />
    </>
  );
}
