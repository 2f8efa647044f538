import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestProject } from 'vitest/node';
import { PROGRAMS, requires } from './requirements.js';
import { type RgwServer, startRgw } from './rgw.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** URL that answers with the shared object gateway, after starting it where nobody has asked before. */
    rgwBroker: string;
  }
}

let broker: Server | undefined;
let rgw: Promise<RgwServer> | undefined;

/** What the integration tests share. Nothing heavy is started before a test asks for it. */
export async function setup(project: TestProject): Promise<void> {
  const { available, missing, apt } = requires(...PROGRAMS);
  if (!available)
    console.warn(`Tests and benches that need ${missing.join(', ')} cannot run. To enable them: ${apt}`);

  broker = createServer((_request, response) => {
    rgw ??= startRgw();
    rgw.then(
      ({ close, ...shared }) => response.end(JSON.stringify(shared)),
      (error: Error) => response.writeHead(500).end(error.message),
    );
  }).listen(0, '127.0.0.1');
  await once(broker, 'listening');
  project.provide('rgwBroker', `http://127.0.0.1:${(broker.address() as AddressInfo).port}`);
}

/** Called whether the tests passed or not. */
export async function teardown(): Promise<void> {
  broker?.close();
  const [started] = await Promise.allSettled([rgw]);
  if (started.status === 'fulfilled') await started.value?.close();
}
