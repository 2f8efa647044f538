import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ANONYMOUS } from '../../src/gateway/authorize.js';
import { type HttpServer, listen } from '../../src/gateway/http-server.js';
import { Meters } from '../../src/gateway/metrics/meters.js';
import { createS3Edge } from '../../src/gateway/s3-edge.js';
import { toReadable } from '../../src/s3/body.js';
import type { S3Service } from '../../src/s3/message.js';
import { systemClock, systemStopwatch } from '../../src/system/clock.js';
import { createLogger } from '../../src/system/logger.js';
import { ManualClock } from '../support/manual-clock.js';
import { Wire } from './wire.js';

/** The time of the edge; that of Node's server is not ours to move. */
let clock: ManualClock;
let server: HttpServer;
/** What of the body has reached the service. */
let received: string;

/** Echoes the body. */
const service: S3Service = async ({ body }) => {
  const source = toReadable(body);
  source.on('data', (bytes: Buffer) => {
    received += bytes.toString();
  });
  const content = Buffer.from(await text(source));
  return { status: 200, headers: { 'content-length': String(content.length) }, body: content };
};

const anonymous = async () => ({ identity: ANONYMOUS, isForShadow: false });

beforeEach(async () => {
  clock = new ManualClock();
  received = '';
  const log = createLogger({ stream: { write: () => undefined } });
  const listener = createS3Edge({
    authenticator: { ofRequest: anonymous, ofForm: anonymous },
    admit: async () => ({ service }),
    meters: new Meters(systemStopwatch),
    clock,
    log,
  });
  server = await listen({ host: '127.0.0.1', port: 0, listener, headersMs: 200, clock: systemClock, log });
});

afterEach(() => server.close(AbortSignal.abort()));

const head = 'PUT /bucket/key HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n';
const timedOut = { status: 400, text: expect.stringContaining('<Code>RequestTimeout</Code>') };

test.each([
  ['nothing', ''],
  ['a part of a head', 'PUT /bucket/key HTTP/1.1\r\nHos'],
])('who sends %s and then no more is answered and left', async (_, bytes) => {
  const wire = await Wire.open(server);
  wire.send(bytes);
  await wire.closed;
  expect(wire.answers).toMatchObject([timedOut]);
});

test('who sends a head byte by byte is not given more time for it', async () => {
  const wire = await Wire.open(server);
  const drip = setInterval(() => wire.send('X'), 20);
  wire.send('GET /bucket/key HTTP/1.1\r\nX-Drip: ');
  await wire.closed.finally(() => clearInterval(drip));
  expect(wire.answers).toMatchObject([timedOut]);
});

test('who owes the next byte of a body for a minute is answered, and left when it does not come either', async () => {
  const wire = await Wire.open(server);
  wire.send(`${head}hello`);
  await expect.poll(() => received).toBe('hello');
  clock.advance(59_999);
  expect(wire.text).toBe('');
  clock.advance(1);
  expect(await wire.until(1)).toMatchObject([timedOut]);
  expect(wire.isClosed).toBe(false);
  clock.advance(5_000);
  await wire.closed;
});

test('who sends the rest in time is served', async () => {
  const wire = await Wire.open(server);
  wire.send(head);
  const words = 'slow words';
  for (let length = 1; length < words.length; length += 1) {
    wire.send(words.charAt(length - 1));
    await expect.poll(() => received).toBe(words.slice(0, length));
    clock.advance(50_000);
  }
  wire.send('s');
  expect(await wire.until(1)).toMatchObject([{ status: 200, text: words }]);
  wire.cut();
});
