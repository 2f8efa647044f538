import { notifications } from '@mantine/notifications';
import { messageOf } from '../api/client.js';

const CLOSE = { 'aria-label': 'Close' };

export const told = (message: string): void => {
  notifications.show({ message, color: 'teal', closeButtonProps: CLOSE });
};

/** Tells, until the reader has closed it, what was refused and why. */
export const failed =
  (title: string) =>
  (error: unknown): void => {
    notifications.show({
      title,
      message: messageOf(error),
      color: 'red',
      autoClose: false,
      closeButtonProps: CLOSE,
    });
  };
