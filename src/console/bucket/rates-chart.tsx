import '@mantine/charts/styles.css';
import { AreaChart } from '@mantine/charts';
import { SimpleGrid, Stack, Text } from '@mantine/core';
import { useRates } from './rates.js';

const CHARTS = [
  { title: 'Objects per second', sweep: 'Sweep objects', read: 'Read objects' },
  { title: 'Megabytes per second', sweep: 'Sweep MB', read: 'Read MB' },
] as const;

/** How fast objects come over, by the sweep and by reads. */
export function RatesChart({ bucket }: { readonly bucket: string }) {
  const rates = useRates(bucket);
  const last = rates.at(-1);
  if (!last || rates.length < 2)
    return (
      <Text size="sm" c="dimmed">
        Measuring. The chart begins when this page is opened.
      </Text>
    );
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }}>
      {CHARTS.map(({ title, sweep, read }) => (
        <Stack key={title} gap={4}>
          <Text size="sm">
            {title}: {last[sweep]} by the sweep, {last[read]} by reads
          </Text>
          <AreaChart
            h={200}
            data={[...rates]}
            dataKey="time"
            type="stacked"
            withDots={false}
            withLegend
            curveType="monotone"
            series={[
              { name: sweep, color: 'blue.6', label: 'Sweep' },
              { name: read, color: 'teal.6', label: 'Reads' },
            ]}
            aria-label={title}
            areaProps={{ isAnimationActive: false }}
          />
        </Stack>
      ))}
    </SimpleGrid>
  );
}
