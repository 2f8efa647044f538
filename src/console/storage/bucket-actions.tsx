import { Button, Menu } from '@mantine/core';
import {
  IconArrowsExchange,
  IconChevronDown,
  IconDatabaseExport,
  IconGhost2,
  IconGhostOff,
  IconKey,
  IconTrash,
  IconWriting,
} from '@tabler/icons-react';
import { useState } from 'react';
import { Link } from 'react-router';
import { type Bucket, useChangeBucket } from '../api/buckets.js';
import { failed } from '../parts/notices.js';
import { BUCKETS } from '../paths.js';
import { ChangeShadowKeys } from './change-keys.js';
import { ClearShadow } from './clear-shadow.js';
import { RemoveBucket } from './remove-bucket.js';
import { SwapShadow } from './swap-shadow.js';

type Asked = 'clear' | 'keys' | 'swap' | 'remove';

/** What can be done with a bucket as it stands. */
export function BucketActions({ bucket: settings }: { readonly bucket: Bucket }) {
  const { bucket, shadow, job } = settings;
  const [asked, setAsked] = useState<Asked>();
  const change = useChangeBucket(bucket);
  const close = () => setAsked(undefined);
  const isMoving = shadow !== null && job === null;
  const setWriteThrough = (write_through: boolean) =>
    change.mutate({ shadow: { write_through } }, { onError: failed('Write-through was not switched') });
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <Button
            variant="default"
            loading={change.isPending}
            disabled={job !== null}
            rightSection={<IconChevronDown size={16} aria-hidden />}
          >
            Change
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {shadow === null && (
            <>
              <Menu.Item
                component={Link}
                to={`${BUCKETS}/${bucket}/set-shadow`}
                leftSection={<IconGhost2 size={16} aria-hidden />}
              >
                Set shadow…
              </Menu.Item>
              <Menu.Item
                component={Link}
                to={`${BUCKETS}/${bucket}/migrate`}
                leftSection={<IconDatabaseExport size={16} aria-hidden />}
              >
                Migrate data…
              </Menu.Item>
            </>
          )}
          {isMoving && (
            <>
              <Menu.Item
                leftSection={<IconWriting size={16} aria-hidden />}
                onClick={() => setWriteThrough(!shadow.write_through)}
              >
                Turn write-through {shadow.write_through ? 'off' : 'on'}
              </Menu.Item>
              {shadow.endpoint !== null && (
                <Menu.Item leftSection={<IconKey size={16} aria-hidden />} onClick={() => setAsked('keys')}>
                  Change the shadow’s keys…
                </Menu.Item>
              )}
              <Menu.Item
                leftSection={<IconArrowsExchange size={16} aria-hidden />}
                onClick={() => setAsked('swap')}
              >
                Swap target and shadow…
              </Menu.Item>
              <Menu.Item
                leftSection={<IconGhostOff size={16} aria-hidden />}
                onClick={() => setAsked('clear')}
              >
                Clear shadow…
              </Menu.Item>
            </>
          )}
          <Menu.Divider />
          <Menu.Item
            color="red"
            leftSection={<IconTrash size={16} aria-hidden />}
            onClick={() => setAsked('remove')}
          >
            Remove bucket…
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {asked === 'clear' && <ClearShadow bucket={settings} isOpen onClose={close} />}
      {asked === 'keys' && <ChangeShadowKeys bucket={bucket} isOpen onClose={close} />}
      <SwapShadow bucket={settings} isOpen={asked === 'swap'} onClose={close} />
      <RemoveBucket bucket={bucket} isOpen={asked === 'remove'} onClose={close} />
    </>
  );
}
