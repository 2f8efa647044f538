import { Button, Group, Stack } from '@mantine/core';
import type { ReactNode, SyntheticEvent } from 'react';

interface FormProps {
  readonly onSubmit: (event: SyntheticEvent<HTMLFormElement>) => void;
  readonly children: ReactNode;
}

/** Fields below each other. */
export function Form({ onSubmit, children }: FormProps) {
  return (
    <form onSubmit={onSubmit}>
      <Stack>{children}</Stack>
    </form>
  );
}

interface SubmitFormProps extends FormProps {
  readonly verb: string;
  readonly isPending: boolean;
}

/** Fields below each other, and the one button that does it. */
export function SubmitForm({ verb, isPending, children, onSubmit }: SubmitFormProps) {
  return (
    <Form onSubmit={onSubmit}>
      {children}
      <Group>
        <Button type="submit" loading={isPending}>
          {verb}
        </Button>
      </Group>
    </Form>
  );
}
