import { Button, Group, Switch, Text } from '@mantine/core';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { type Job, type JobTurn, useTurnJob } from '../api/jobs.js';
import { Confirmation } from '../parts/dialog.js';
import { Failure } from '../parts/failure.js';
import { JOBS } from '../paths.js';
import { turnsOf } from './job-words.js';

const LABELS: Readonly<Record<JobTurn, string>> = {
  pause: 'Pause',
  resume: 'Resume',
  retry: 'Try again what failed',
  cancel: 'Cancel…',
  rollback: 'Roll back…',
};

/** What can be done with a job as it stands; what undoes something asks first. */
export function JobButtons({ job, size = 'sm' }: { readonly job: Job; readonly size?: 'xs' | 'sm' }) {
  const navigate = useNavigate();
  const turn = useTurnJob(job.id);
  const [asked, setAsked] = useState<'cancel' | 'rollback'>();
  const [force, setForce] = useState(false);
  const turns = turnsOf(job);
  const close = () => {
    turn.reset();
    setAsked(undefined);
  };
  const confirm = () =>
    turn.mutate(
      { turn: asked ?? 'cancel', force },
      {
        onSuccess: ({ id }) => {
          close();
          if (id) navigate(`${JOBS}/${id}`);
        },
      },
    );
  if (turns.length === 0) return null;
  return (
    <>
      <Group gap="xs">
        {turns.map((to) => (
          <Button
            key={to}
            size={size}
            variant="default"
            aria-label={`${LABELS[to]} ${job.id}`}
            loading={turn.isPending && turn.variables.turn === to}
            onClick={() => (to === 'cancel' || to === 'rollback' ? setAsked(to) : turn.mutate({ turn: to }))}
          >
            {LABELS[to]}
          </Button>
        ))}
      </Group>
      {!asked && <Failure error={turn.error} />}
      <Confirmation
        isOpen={asked !== undefined}
        onClose={close}
        title={asked === 'rollback' ? `Roll ${job.id} back` : `Cancel ${job.id}`}
        verb={asked === 'rollback' ? 'Move it back' : 'Cancel the job'}
        isDangerous={asked === 'cancel'}
        isPending={turn.isPending}
        error={asked && turn.error}
        onConfirm={confirm}
      >
        <Text size="sm">
          {asked === 'rollback'
            ? `A new job moves ${job.scope.bucket} back to ${job.detail.from_backend}.`
            : `${job.scope.bucket} stays at ${job.detail.from_backend}, and all is made as it was. Nothing is deleted there.`}
        </Text>
        {asked === 'cancel' && (
          <Switch
            label="Do not wait for gateways that are out of touch"
            checked={force}
            onChange={({ currentTarget }) => setForce(currentTarget.checked)}
          />
        )}
      </Confirmation>
    </>
  );
}
