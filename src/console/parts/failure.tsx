import { Alert, Anchor, Stack, Text, Title } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { Link, useRouteError } from 'react-router';
import { ApiError, messageOf } from '../api/client.js';

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

/** Why what is shown could not be brought up to date. That there is no answer at all is told above every screen. */
export function Stale({ error }: { readonly error: unknown }) {
  if (error instanceof ApiError && error.status === 0) return null;
  return <Failure title="What is shown may be old" error={error} />;
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
