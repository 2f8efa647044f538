import { Alert, Skeleton, Tabs } from '@mantine/core';
import { useNavigate, useParams } from 'react-router';
import { useBucket } from '../api/buckets.js';
import { Failure, Stale } from '../parts/failure.js';
import { Page } from '../parts/page.js';
import { BUCKETS } from '../paths.js';
import { BucketActions } from '../storage/bucket-actions.js';
import { homeOf, shadowOf } from '../storage/progress.js';
import { AccessKeysOf } from './access-keys-of.js';
import { Explain } from './explain.js';
import { Objects } from './objects.js';
import { OverviewOf } from './overview.js';
import { Sweep } from './sweep.js';
import { Verification } from './verification.js';

interface Tab {
  readonly value: string;
  readonly label: string;
  /** Whether it is of buckets with a shadow alone. */
  readonly ofShadow?: true;
  readonly panel: (name: string) => React.ReactNode;
}

const TABS: readonly Tab[] = [
  { value: 'overview', label: 'Overview', panel: (name) => <OverviewOf bucket={name} /> },
  { value: 'sweep', label: 'Sweep', ofShadow: true, panel: (name) => <Sweep bucket={name} /> },
  {
    value: 'verify',
    label: 'Verification',
    ofShadow: true,
    panel: (name) => <Verification bucket={name} />,
  },
  { value: 'objects', label: 'Objects', panel: (name) => <Objects bucket={name} /> },
  { value: 'explain', label: 'Explain a key', panel: (name) => <Explain bucket={name} /> },
  { value: 'keys', label: 'Access keys', panel: (name) => <AccessKeysOf bucket={name} /> },
];

/** All about one bucket. */
export function BucketPage() {
  const { name = '', tab = 'overview' } = useParams();
  const navigate = useNavigate();
  const { data: bucket, error } = useBucket(name);
  if (!bucket) return <Page title={name}>{error ? <Failure error={error} /> : <Skeleton h={200} />}</Page>;
  const shadow = shadowOf(bucket);
  const hasShadow = bucket.shadow !== null && bucket.job === null;
  const tabs = TABS.filter(({ ofShadow }) => !ofShadow || hasShadow);
  const isKnown = tabs.some(({ value }) => value === tab);
  return (
    <Page
      title={name}
      lead={`In ${homeOf(bucket)} as ${bucket.target_bucket}${shadow ? `, moving from ${shadow}` : ''}`}
      actions={<BucketActions bucket={bucket} />}
    >
      <Stale error={error} />
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
            {panel(name)}
          </Tabs.Panel>
        ))}
      </Tabs>
      {!isKnown && <Alert color="gray">There is nothing of that kind about this bucket.</Alert>}
    </Page>
  );
}
