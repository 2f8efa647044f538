import { Anchor, Badge, Button, Group, Skeleton, Stack, Text } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import { Link } from 'react-router';
import { type Backend, useBackends, useProbeBackend, useRemoveBackend } from '../api/backends.js';
import { type Column, DataTable } from '../parts/data-table.js';
import { Confirmation } from '../parts/dialog.js';
import { Failure } from '../parts/failure.js';
import { Page } from '../parts/page.js';
import { BACKENDS, encryptionPath } from '../paths.js';
import { BackendReport } from './backend-report.js';
import { ChangeKeys } from './change-keys.js';
import { StoresHealth } from './stores-health.js';

/** Settings → Storage → Backends. */
export function Backends() {
  const { data, error } = useBackends();
  const probe = useProbeBackend();
  const removal = useRemoveBackend();
  const [asked, setAsked] = useState<string>();
  const [changed, setChanged] = useState<string>();
  const close = () => {
    removal.reset();
    setAsked(undefined);
  };
  const columns: readonly Column<Backend>[] = [
    {
      head: 'Backend',
      cell: ({ name, default: isDefault }) => (
        <Group gap="xs">
          <Text fw={600}>{name}</Text>
          {isDefault && <Badge>default</Badge>}
        </Group>
      ),
    },
    { head: 'Type', cell: ({ type }) => TYPES[type] },
    {
      head: 'Where',
      cell: ({ endpoint, region, path }) => (
        <Text size="sm" className="break">
          {path ?? (endpoint ? `${endpoint}${region ? ` (${region})` : ''}` : '–')}
        </Text>
      ),
    },
    {
      head: 'Encryption',
      cell: ({ name, encryption }) => (
        <Anchor component={Link} to={encryptionPath(name)} size="sm">
          {encryptionWords(encryption)}
        </Anchor>
      ),
    },
    { head: 'From', cell: ({ declared }) => (declared ? 'the configuration' : 'added here') },
    {
      head: '',
      cell: ({ name, declared, type }) => (
        <Group gap="xs">
          <Button
            size="xs"
            variant="default"
            aria-label={`Try it: ${name}`}
            loading={probe.isPending && probe.variables === name}
            onClick={() => probe.mutate(name)}
          >
            Try it
          </Button>
          {!declared && type === 's3' && (
            <Button
              size="xs"
              variant="default"
              aria-label={`Change keys of ${name}`}
              onClick={() => setChanged(name)}
            >
              Change keys
            </Button>
          )}
          {!declared && (
            <Button size="xs" variant="default" aria-label={`Remove ${name}`} onClick={() => setAsked(name)}>
              Remove
            </Button>
          )}
        </Group>
      ),
    },
  ];
  return (
    <Page
      title="Backends"
      lead="Stores that buckets live in. What the configuration declares stands there; others are added here, and served by all gateways at once."
      actions={
        <Button component={Link} to={`${BACKENDS}/new`} leftSection={<IconPlus size={18} aria-hidden />}>
          Add backend
        </Button>
      }
    >
      <Failure error={error} />
      {data ? (
        <Stack>
          <DataTable
            label="Backends"
            columns={columns}
            rows={data}
            rowKey={({ name }) => name}
            empty="There is none."
          />
          <Failure error={probe.error} />
          <div aria-live="polite">{probe.data && <BackendReport report={probe.data} />}</div>
          <StoresHealth />
        </Stack>
      ) : (
        !error && <Skeleton h={160} />
      )}
      <Confirmation
        isOpen={asked !== undefined}
        onClose={close}
        title={`Remove ${asked}`}
        verb="Remove backend"
        isDangerous
        isPending={removal.isPending}
        error={removal.error}
        onConfirm={() => asked && removal.mutate(asked, { onSuccess: close })}
      >
        <Text size="sm">What is in it stays. It is refused while a bucket, a shadow or a job uses it.</Text>
      </Confirmation>
      {changed && <ChangeKeys backend={changed} isOpen onClose={() => setChanged(undefined)} />}
    </Page>
  );
}

const ENCRYPTION: Readonly<Record<Backend['encryption']['mode'], string>> = {
  none: 'none',
  'aes256-gcm': 'AES-256-GCM, here',
  'sse-s3': 'SSE-S3, by the store',
  'sse-kms': 'SSE-KMS, by the store',
};

const encryptionWords = ({ mode, key_id }: Backend['encryption']): string =>
  key_id === null ? ENCRYPTION[mode] : `${ENCRYPTION[mode]}, key ${key_id}`;

const TYPES: Readonly<Record<Backend['type'], string>> = { s3: 'S3', filesystem: 'folder', memory: 'memory' };
