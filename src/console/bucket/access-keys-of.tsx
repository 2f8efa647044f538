import { Button, Group, Select, Stack } from '@mantine/core';
import { useState } from 'react';
import { KeyTable } from '../access/key-table.js';
import { type Role, useCreateKey } from '../api/keys.js';
import { Card } from '../parts/facts.js';
import { Failure } from '../parts/failure.js';
import { ClientSettings } from '../storage/client-settings.js';

const ROLES = [
  { value: 'admin', label: 'admin: all of the bucket' },
  { value: 'editor', label: 'editor: reads and writes objects' },
  { value: 'readonly', label: 'readonly: reads objects' },
];

/** The keys with which programs reach a bucket, and what they need to know beside them. */
export function AccessKeysOf({ bucket }: { readonly bucket: string }) {
  const create = useCreateKey();
  const [role, setRole] = useState<string>('editor');
  const made = create.data;
  return (
    <Stack>
      <Card title="Access keys">
        <Stack>
          <KeyTable bucket={bucket} />
          <Group align="flex-end">
            <Select
              label="Role of a new one"
              w={300}
              data={ROLES}
              value={role}
              allowDeselect={false}
              onChange={(value) => value && setRole(value)}
            />
            <Button loading={create.isPending} onClick={() => create.mutate({ bucket, role: role as Role })}>
              Create access key
            </Button>
          </Group>
          <Failure error={create.error} />
        </Stack>
      </Card>
      {made && (
        <Card title="Settings for clients">
          <ClientSettings
            bucket={bucket}
            accessKeyId={made.access_key_id}
            secretAccessKey={made.secret_access_key}
          />
        </Card>
      )}
    </Stack>
  );
}
