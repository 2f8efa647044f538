import { Alert, List, Stack } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { formatBytes, formatCount, formatDuration, formatObjects } from '../../cli/format.js';
import type { Preflight } from '../api/jobs.js';
import { Card, Facts } from '../parts/facts.js';

/** What a move would take, and what it would not keep. */
export function PreflightFindings({ found }: { readonly found: Preflight }) {
  const { problems, losses, bucket_settings: lost } = found;
  return (
    <Stack>
      {problems.length > 0 && (
        <Alert color="red" icon={<IconAlertTriangle aria-hidden />} title="The job would be refused, or fail">
          <List size="sm">
            {problems.map((problem) => (
              <List.Item key={problem}>{problem}</List.Item>
            ))}
          </List>
        </Alert>
      )}
      <Card title="What it takes">
        <Facts facts={factsOf(found)} />
      </Card>
      {(losses.length > 0 || lost.length > 0) && (
        <Alert color="yellow" title="What the target would not keep">
          <List size="sm">
            {losses.map(({ what, reason, objects, example }) => (
              <List.Item key={`${what} ${reason}`}>
                {what} of {formatObjects(objects)} that were looked at, such as “{example}”: {reason}
              </List.Item>
            ))}
            {lost.length > 0 && <List.Item>settings of the bucket: {lost.join(', ')}</List.Item>}
          </List>
        </Alert>
      )}
    </Stack>
  );
}

const factsOf = ({ at_target: there, requests, rate, eta_seconds: eta, ...found }: Preflight) => [
  {
    name: 'To be copied',
    value: `${found.exact ? '' : 'about '}${formatObjects(found.objects)}, ${formatBytes(found.bytes)} (${found.basis})`,
  },
  { name: 'Time', value: eta === null ? 'not known' : `about ${formatDuration(eta)}` },
  { name: 'Measured', value: rate ? `${formatBytes(rate.bytes)}/s: ${rate.basis}` : 'nothing' },
  {
    name: 'Requests',
    value: `about ${formatCount(requests.source.total)} at the source, ${formatCount(requests.target.total)} at the target`,
  },
  {
    name: 'At the target',
    value: there.bucket_exists
      ? `the bucket ${found.target_bucket}, ${there.exact ? '' : 'at least '}${formatObjects(there.objects)}`
      : `no bucket ${found.target_bucket} yet`,
  },
  { name: 'Looked at one by one', value: formatObjects(found.sampled) },
];
