import { Alert, Anchor, Stack, Text, Title } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { Link, useRouteError } from 'react-router';
import { messageOf } from '../api/client.js';

/** What was refused, or went wrong, and why. Nothing without an error. */
export function Failure({ error, title }: { readonly error: unknown; readonly title?: string }) {
  if (!error) return null;
  return (
    <Alert
      role="alert"
      color="red"
      variant="light"
      icon={<IconAlertTriangle aria-hidden />}
      {...(title ? { title } : {})}
    >
      <Text size="sm" className="break">
        {messageOf(error)}
      </Text>
    </Alert>
  );
}

/** A screen that broke, or could not be loaded. */
export function RouteFailure() {
  return <Failure title="This page could not be shown" error={useRouteError()} />;
}

export function Lost() {
  return (
    <Stack>
      <Title order={1}>Not found</Title>
      <Text>
        There is nothing here.{' '}
        <Anchor component={Link} to="/">
          Back to the buckets
        </Anchor>
      </Text>
    </Stack>
  );
}
