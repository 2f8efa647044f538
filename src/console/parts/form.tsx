import { Stack } from '@mantine/core';
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
