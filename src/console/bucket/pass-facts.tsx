import { Progress, Stack, Text } from '@mantine/core';
import { formatBytes, formatCount, formatDuration, formatObjects } from '../../cli/format.js';
import type { Pass } from '../api/passes.js';
import { Facts } from '../parts/facts.js';
import { timeWords } from '../parts/times.js';
import { percentOf } from '../storage/progress.js';

/** How far a pass is, and what came of the keys. */
export function PassFacts({ pass, label }: { readonly pass: Pass; readonly label: string }) {
  const { objects, bytes, rate, counts = {} } = pass;
  if (pass.state === 'idle' || !objects || !bytes) return <Text c="dimmed">None was begun yet.</Text>;
  const percent = percentOf(objects);
  return (
    <Stack gap="sm">
      <Progress.Root size="lg" radius="sm">
        <Progress.Section
          value={percent}
          color={percent === 100 ? 'teal.8' : 'blue.8'}
          aria-label={label}
          aria-valuetext={`${percent} %`}
        />
      </Progress.Root>
      <Text size="sm" aria-live="polite">
        {STATES[pass.state]}: {formatCount(objects.done)} of {pass.exact ? '' : 'about '}
        {formatObjects(objects.total)}, {formatBytes(bytes.done)} of {formatBytes(bytes.total)} ({percent} %)
      </Text>
      <Facts
        facts={[
          { name: 'Begun', value: timeWords(pass.started_at) },
          { name: 'Ended', value: timeWords(pass.finished_at) },
          ...(pass.state === 'running' && rate
            ? [
                {
                  name: 'Speed',
                  value: `${formatCount(rate.objects)} objects/s, ${formatBytes(rate.bytes)}/s`,
                },
                {
                  name: 'Left',
                  value: pass.eta_seconds == null ? 'not known' : formatDuration(pass.eta_seconds),
                },
                { name: 'Waits for', value: pass.waits_for ?? 'nothing' },
                { name: 'Worked on by', value: pass.workers?.join(', ') || 'nobody yet' },
              ]
            : []),
          ...Object.entries(counts).map(([outcome, sum]) => ({
            name: outcome.replace(/^./, (letter) => letter.toUpperCase()),
            value: `${formatObjects(sum.objects)}, ${formatBytes(sum.bytes)}`,
          })),
          ...(pass.last_error ? [{ name: 'Last error', value: pass.last_error }] : []),
        ]}
      />
    </Stack>
  );
}

const STATES: Readonly<Record<Pass['state'], string>> = {
  idle: 'Not begun',
  planning: 'Being planned',
  running: 'Running',
  paused: 'Paused',
  stopped: 'Stopped',
  done: 'Done',
};
