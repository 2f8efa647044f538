import { Button, Center, Paper, PasswordInput, Stack, Text, Title } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { ApiError, post } from '../api/client.js';
import { queryClient, SESSION } from '../api/query-client.js';
import { Failure } from '../parts/failure.js';
import { useTitle } from '../parts/page.js';

export function SignIn() {
  useTitle('Sign in');
  const [password, setPassword] = useState('');
  const signIn = useMutation({
    mutationFn: () => post('/login', { password }),
    onSuccess: () => queryClient.setQueryData(SESSION, { authenticated: true }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    signIn.mutate();
  };
  return (
    <Center component="main" mih="100vh" p="md">
      <Paper component="form" withBorder p="xl" radius="md" w={380} maw="100%" onSubmit={submit}>
        <Stack>
          <div>
            <Title order={1} size="h2">
              Penumbra
            </Title>
            <Text size="sm" c="dimmed">
              Move an S3 bucket while it is in use
            </Text>
          </div>
          <PasswordInput
            label="Admin password"
            description="The gateway printed it when it was first started, unless it was given one. If it is lost, start the gateway with PENUMBRA_ADMIN_PASSWORD set to a new one."
            autoComplete="current-password"
            required
            data-autofocus
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
            visibilityToggleButtonProps={{ 'aria-label': 'Show the password' }}
          />
          <Failure error={signIn.error && wordsFor(signIn.error)} />
          <Button type="submit" loading={signIn.isPending}>
            Sign in
          </Button>
        </Stack>
      </Paper>
    </Center>
  );
}

const wordsFor = (error: Error): Error =>
  error instanceof ApiError && error.code === 'wrong_password' ? new Error('The password is wrong.') : error;
