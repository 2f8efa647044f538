import { Alert, Anchor, Button, Group, List, Radio, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'react-router';
import { type BegunRotation, useRotateKeys } from '../api/backends.js';
import { Confirmation } from '../parts/dialog.js';
import { Card } from '../parts/facts.js';
import { BUCKETS, JOBS } from '../paths.js';

/** Has all that is in a backend encrypted anew, by a job for each bucket. */
export function RotateKeys({ backend }: { readonly backend: string }) {
  const rotate = useRotateKeys(backend);
  const [writes, setWrites] = useState('live');
  const [isAsked, setAsked] = useState(false);
  const close = () => {
    rotate.reset();
    setAsked(false);
  };
  return (
    <Card title="Encrypt all anew">
      <Stack>
        <Text size="sm">
          A job moves each bucket to a new one of this backend, encrypted with the key of now, and deletes
          where it was what has arrived. Clients go on calling it as they do. The backend needs room for both.
        </Text>
        <Radio.Group label="Writes meanwhile" value={writes} onChange={setWrites}>
          <Stack gap="xs" mt="xs">
            <Radio value="live" label="go on, to both places" />
            <Radio value="gate" label="wait until their bucket has changed over" />
          </Stack>
        </Radio.Group>
        <Group>
          <Button variant="default" onClick={() => setAsked(true)}>
            Rotate keys…
          </Button>
        </Group>
        {rotate.data && <Begun rotation={rotate.data} />}
      </Stack>
      <Confirmation
        isOpen={isAsked}
        onClose={close}
        title={`Encrypt all that is in ${backend} anew`}
        verb="Rotate keys"
        isPending={rotate.isPending}
        error={rotate.error}
        onConfirm={() =>
          rotate.mutate(writes === 'gate' ? 'gate' : 'live', { onSuccess: () => setAsked(false) })
        }
      >
        <Text size="sm">
          What was encrypted with older keys is deleted as soon as it is proven to have arrived. Each job can
          be paused, and cancelled until its bucket has changed over.
        </Text>
      </Confirmation>
    </Card>
  );
}

function Begun({ rotation: { jobs, refused } }: { readonly rotation: BegunRotation }) {
  if (jobs.length + refused.length === 0) return <Text size="sm">No bucket is in this backend.</Text>;
  return (
    <Stack role="status">
      {jobs.length > 0 && (
        <List size="sm" aria-label="Jobs">
          {jobs.map(({ id, bucket }) => (
            <List.Item key={id}>
              <Anchor component={Link} to={`${JOBS}/${id}`} size="sm" underline="always">
                {id}
              </Anchor>{' '}
              encrypts {bucket} anew
            </List.Item>
          ))}
        </List>
      )}
      {refused.length > 0 && (
        <Alert color="yellow" title="Left as they are">
          <List size="sm">
            {refused.map(({ bucket, reason }) => (
              <List.Item key={bucket}>
                <Anchor component={Link} to={`${BUCKETS}/${bucket}`} size="sm" underline="always">
                  {bucket}
                </Anchor>
                : {reason}
              </List.Item>
            ))}
          </List>
        </Alert>
      )}
    </Stack>
  );
}
