import '@mantine/charts/styles.css';
import { AreaChart, LineChart } from '@mantine/charts';
import { SimpleGrid, Skeleton, Stack, Text } from '@mantine/core';
import { formatCount } from '../../cli/format.js';
import { type BucketHistory, useBucketHistory } from '../api/buckets.js';
import { Failure } from '../parts/failure.js';
import { type Rates, ratesBetween, shareOfTarget } from './rates-between.js';

const CHARTS = [
  { title: 'Objects per second', sweep: 'Sweep objects', read: 'Read objects' },
  { title: 'Megabytes per second', sweep: 'Sweep MB', read: 'Read MB' },
] as const;

/** How fast objects came over in the last ten minutes, by the sweep and by reads, and from where reads were served. */
export function RatesChart({ bucket }: { readonly bucket: string }) {
  const { data, error } = useBucketHistory(bucket);
  if (!data) return error ? <Failure error={error} /> : <Skeleton h={220} />;
  const { points, gateway, processes } = data;
  const rates = points.slice(1).flatMap((now, index) => {
    const before = points[index];
    return before ? [ratesBetween(before, now)] : [];
  });
  const last = rates.at(-1);
  if (!last)
    return (
      <Text size="sm" c="dimmed">
        Measuring. The gateway looks every 5 seconds, from when it began or the bucket got its shadow.
      </Text>
    );
  return (
    <Stack>
      <Failure title="What is shown may be old" error={error} />
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        {CHARTS.map(({ title, sweep, read }) => (
          <Stack key={title} gap={4}>
            <Text size="sm">
              {title}: {last[sweep]} by the sweep, {last[read]} by reads
            </Text>
            <AreaChart
              {...LOOKS}
              data={rates}
              type="stacked"
              series={[
                { name: sweep, color: 'blue.6', label: 'Sweep' },
                { name: read, color: 'teal.6', label: 'Reads' },
              ]}
              aria-label={title}
              areaProps={{ isAnimationActive: false }}
            />
          </Stack>
        ))}
        <ServedChart points={points} rates={rates} />
      </SimpleGrid>
      <Text size="xs" c="dimmed">
        The last ten minutes. What was copied is of all gateways, reads are those of {gateway}
        {processes > 1 && ` (${processes} processes)`}.
      </Text>
    </Stack>
  );
}

const LOOKS = { h: 200, dataKey: 'time', withDots: false, withLegend: true, curveType: 'monotone' } as const;

interface ServedChartProps extends Pick<BucketHistory, 'points'> {
  readonly rates: Rates[];
}

function ServedChart({ points, rates }: ServedChartProps) {
  const share = shareOfTarget(points);
  const found = points.reduce((sum, { served }) => sum + served.target + served.shadow, 0);
  return (
    <Stack gap={4}>
      <Text size="sm">
        Reads that the target served:{' '}
        {share === null ? 'there were none' : `${share} % of ${formatCount(found)}`}
      </Text>
      <LineChart
        {...LOOKS}
        data={rates}
        series={[{ name: 'Served by the target', color: 'violet.6' }]}
        unit=" %"
        yAxisProps={{ domain: [0, 100] }}
        connectNulls
        aria-label="Reads that the target served"
        lineProps={{ isAnimationActive: false }}
      />
    </Stack>
  );
}
