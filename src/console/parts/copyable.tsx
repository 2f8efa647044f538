import { ActionIcon, Code, CopyButton, Group, Text, Tooltip } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';

export function CopyIcon({ value, label }: { readonly value: string; readonly label: string }) {
  return (
    <CopyButton value={value}>
      {({ copied, copy }) => (
        <Tooltip label={copied ? 'Copied' : 'Copy'}>
          <ActionIcon variant="default" aria-label={`Copy ${label}`} onClick={copy}>
            {copied ? <IconCheck size={16} aria-hidden /> : <IconCopy size={16} aria-hidden />}
          </ActionIcon>
        </Tooltip>
      )}
    </CopyButton>
  );
}

interface CopyableProps {
  readonly label: string;
  readonly value: string;
}

/** A value with its name, ready to be copied. */
export function Copyable({ label, value }: CopyableProps) {
  return (
    <Group justify="space-between" wrap="nowrap" gap="xs">
      <div>
        <Text size="xs" c="dimmed">
          {label}
        </Text>
        <Code className="break">{value}</Code>
      </div>
      <CopyIcon value={value} label={label} />
    </Group>
  );
}

/** Lines of a file or a shell, ready to be copied. */
export function CopyableBlock({ label, value }: CopyableProps) {
  return (
    <Group align="flex-start" wrap="nowrap" gap="xs">
      <Code block flex={1} miw={0} tabIndex={0} aria-label={label}>
        {value}
      </Code>
      <CopyIcon value={value} label={label} />
    </Group>
  );
}
