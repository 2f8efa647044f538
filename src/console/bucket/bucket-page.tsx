import { Alert, Skeleton, Tabs } from '@mantine/core';
import { useNavigate, useParams } from 'react-router';
import { type BucketStatus, useBucketStatus } from '../api/buckets.js';
import { Failure } from '../parts/failure.js';
import { Page } from '../parts/page.js';
import { BUCKETS } from '../paths.js';
import { BucketActions } from '../storage/bucket-actions.js';
import { homeOf, shadowOf } from '../storage/progress.js';
import { AccessKeysOf } from './access-keys-of.js';
import { Explain } from './explain.js';
import { Objects } from './objects.js';
import { Overview } from './overview.js';
import { Sweep } from './sweep.js';
import { Verification } from './verification.js';

interface Tab {
  readonly value: string;
  readonly label: string;
  /** Whether it is of buckets with a shadow alone. */
  readonly ofShadow?: true;
  readonly panel: (status: BucketStatus) => React.ReactNode;
}

const TABS: readonly Tab[] = [
  { value: 'overview', label: 'Overview', panel: (status) => <Overview status={status} /> },
  { value: 'sweep', label: 'Sweep', ofShadow: true, panel: ({ bucket }) => <Sweep bucket={bucket} /> },
  {
    value: 'verify',
    label: 'Verification',
    ofShadow: true,
    panel: ({ bucket }) => <Verification bucket={bucket} />,
  },
  { value: 'objects', label: 'Objects', panel: ({ bucket }) => <Objects bucket={bucket} /> },
  { value: 'explain', label: 'Explain a key', panel: ({ bucket }) => <Explain bucket={bucket} /> },
  { value: 'keys', label: 'Access keys', panel: ({ bucket }) => <AccessKeysOf bucket={bucket} /> },
];

/** All about one bucket. */
export function BucketPage() {
  const { name = '', tab = 'overview' } = useParams();
  const navigate = useNavigate();
  const { data: status, error } = useBucketStatus(name);
  if (!status) return <Page title={name}>{error ? <Failure error={error} /> : <Skeleton h={200} />}</Page>;
  const shadow = shadowOf(status);
  const hasShadow = status.shadow !== null && status.job === null;
  const tabs = TABS.filter(({ ofShadow }) => !ofShadow || hasShadow);
  const isKnown = tabs.some(({ value }) => value === tab);
  return (
    <Page
      title={name}
      lead={`In ${homeOf(status)} as ${status.target_bucket}${shadow ? `, moving from ${shadow}` : ''}`}
      actions={<BucketActions status={status} />}
    >
      <Failure title="What is shown may be old" error={error} />
      <Tabs
        value={isKnown ? tab : null}
        onChange={(value) => navigate(`${BUCKETS}/${name}/${value}`)}
        keepMounted={false}
      >
        <Tabs.List mb="md">
          {tabs.map(({ value, label }) => (
            <Tabs.Tab key={value} value={value}>
              {label}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {tabs.map(({ value, panel }) => (
          <Tabs.Panel key={value} value={value}>
            {panel(status)}
          </Tabs.Panel>
        ))}
      </Tabs>
      {!isKnown && <Alert color="gray">There is nothing of that kind about this bucket.</Alert>}
    </Page>
  );
}
