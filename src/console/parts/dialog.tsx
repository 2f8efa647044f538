import { Button, Group, Modal, Stack } from '@mantine/core';
import type { ReactNode } from 'react';
import { Failure } from './failure.js';

export interface DialogProps {
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

interface ConfirmationProps extends DialogProps {
  readonly title: string;
  /** What the button says that does it. */
  readonly verb: string;
  readonly isDangerous?: boolean;
  readonly isAllowed?: boolean;
  readonly isPending: boolean;
  readonly error: unknown;
  readonly onConfirm: () => void;
  readonly children: ReactNode;
}

/** Asks before something is done, and tells why it could not be. */
export function Confirmation({ isOpen, onClose, title, children, ...rest }: ConfirmationProps) {
  const { verb, isDangerous = false, isAllowed = true, isPending, error, onConfirm } = rest;
  return (
    <Modal
      opened={isOpen}
      onClose={onClose}
      title={title}
      size="lg"
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <Stack>
        {children}
        <Failure error={error} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Leave it
          </Button>
          <Button
            color={isDangerous ? 'red.9' : 'blue.8'}
            disabled={!isAllowed}
            loading={isPending}
            onClick={onConfirm}
          >
            {verb}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
