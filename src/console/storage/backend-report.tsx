import { List, Text, ThemeIcon } from '@mantine/core';
import { IconCheck, IconMinus, IconX } from '@tabler/icons-react';
import type { BackendProbe } from '../api/backends.js';
import { Card } from '../parts/facts.js';

type Check = BackendProbe['checks'][keyof BackendProbe['checks']];

const LOOKS = {
  yes: { color: 'teal.8', label: 'Yes', icon: IconCheck },
  no: { color: 'red.8', label: 'No', icon: IconX },
  untried: { color: 'gray.7', label: 'Not tried', icon: IconMinus },
} as const;

const lookOf = ({ ok }: Check) => LOOKS[ok === null ? 'untried' : ok ? 'yes' : 'no'];

/** What was found out about a backend by trying. */
export function BackendReport({ report }: { readonly report: BackendProbe }) {
  return (
    <Card title={`${report.backend}: ${report.ok ? 'buckets can be in it' : 'buckets cannot be in it'}`}>
      <List size="sm" spacing="xs">
        {Object.entries(report.checks).map(([name, check]) => {
          const { color, label, icon: Icon } = lookOf(check);
          return (
            <List.Item
              key={name}
              icon={
                <ThemeIcon size={20} radius="xl" color={color} role="img" aria-label={label}>
                  <Icon size={14} aria-hidden />
                </ThemeIcon>
              }
            >
              {name.replaceAll('_', ' ')}
              {check.reason && (
                <Text span size="sm" c="dimmed">
                  {' '}
                  – {check.reason}
                </Text>
              )}
            </List.Item>
          );
        })}
      </List>
      {report.left_behind && (
        <Text size="sm" mt="sm">
          Left behind: {report.left_behind}
        </Text>
      )}
    </Card>
  );
}
