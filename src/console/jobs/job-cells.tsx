import { Badge, Group, Progress, Stack, Text } from '@mantine/core';
import type { Job } from '../api/jobs.js';
import { COLORS, doneWords, isOver, paceWords } from './job-words.js';

export function JobStatus({ job }: { readonly job: Job }) {
  return (
    <Group gap={4}>
      <Badge color={COLORS[job.status]}>{job.status.replaceAll('_', ' ')}</Badge>
      {!isOver(job) && <Text size="xs">{job.phase}</Text>}
    </Group>
  );
}

export function JobProgress({ job }: { readonly job: Job }) {
  const pace = paceWords(job);
  return (
    <Stack gap={4} miw={160} flex={1} maw="100%">
      <Progress.Root size="lg" radius="sm">
        <Progress.Section
          value={job.percent}
          color={job.status === 'succeeded' ? 'teal.8' : 'blue.8'}
          animated={job.status === 'running'}
          aria-label={`Done of ${job.id}`}
          aria-valuetext={`${Math.floor(job.percent)} %`}
        />
      </Progress.Root>
      <Text size="xs">
        {Math.floor(job.percent)} %, {doneWords(job)}
      </Text>
      {(pace || job.progress.failed > 0) && (
        <Text size="xs" c="dimmed">
          {[pace, job.progress.failed > 0 ? `${job.progress.failed} failed` : undefined]
            .filter(Boolean)
            .join('; ')}
        </Text>
      )}
    </Stack>
  );
}
