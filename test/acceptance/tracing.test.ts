import { expect, onTestFinished, test } from 'vitest';
import { startReceiver } from '../gateway/tracing/receiver.js';
import { startPenumbra } from '../support/penumbra.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const SDK = /@opentelemetry\/(?:sdk|exporter|otlp|resources)/;

/** Node names on stderr what it loads. */
const NAMING_MODULES = { NODE_DEBUG: 'esm,module' };

test('workers send their spans where the variables of OpenTelemetry say, the last ones when they are stopped', async () => {
  const receiver = await startReceiver();
  onTestFinished(() => receiver.close());
  const server = await startPenumbra(await temporaryFolder(), {
    PENUMBRA_WORKERS: '2',
    PENUMBRA_TRACE_KEYS: 'true',
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
    // Later than the test waits for.
    OTEL_BSP_SCHEDULE_DELAY: '600000',
    ...NAMING_MODULES,
  });
  expect((await fetch(`${server.url}/photos/a-key`)).status).toBe(403);
  expect(await server.stop()).toBe(0);
  expect(receiver.spans).toHaveLength(1);
  expect(receiver.spans[0]).toMatchObject({
    name: 'S3 GetObject',
    service: 'penumbra',
    attributes: { 'aws.s3.bucket': 'photos', 'aws.s3.key': 'a-key' },
  });
  expect(server.output()).toMatch(SDK);
});

test('without them nothing of its SDK is loaded', async () => {
  const server = await startPenumbra(await temporaryFolder(), NAMING_MODULES);
  expect((await fetch(`${server.url}/photos/a-key`)).status).toBe(403);
  await server.stop();
  expect(server.output()).toContain('prom-client');
  expect(server.output()).not.toMatch(SDK);
});
