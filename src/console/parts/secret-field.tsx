import { PasswordInput, type PasswordInputProps } from '@mantine/core';

/** A secret that is to be given, and can be looked at before. */
export function SecretField(props: Readonly<PasswordInputProps>) {
  return (
    <PasswordInput
      autoComplete="off"
      required
      visibilityToggleButtonProps={{ 'aria-label': 'Show the secret' }}
      {...props}
    />
  );
}
