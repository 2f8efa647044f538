// A process of its own on a folder of buckets, over the built package: store-child.mjs PATH COMMAND BUCKET [ARGUMENT]
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { createFilesystemBackend } from '../../../dist/src/backends/filesystem/filesystem.js';
import { operationOf } from '../../../dist/src/s3/operations.js';
import { systemClock } from '../../../dist/src/system/clock.js';

const [, , path, command, bucket, argument] = process.argv;
const backend = createFilesystemBackend({ name: 'child', path, clock: systemClock, minPartSize: 1 });

function ask(method, key, headers = {}, body = undefined) {
  const signal = new AbortController().signal;
  const operation = operationOf({ method, bucket, key, query: [], headers });
  return backend.service({
    operation,
    method,
    bucket,
    key,
    query: [],
    headers,
    signal,
    ...(body && { body }),
  });
}

function put(key, body, headers = {}) {
  return ask('PUT', key, { 'content-length': String(body.length), ...headers }, body);
}

const commands = {
  /** Puts ever new objects under a few keys, and tells each one that was answered. */
  async flood() {
    for (let round = 0; ; round++) {
      const sizes = [10, 5_000, 40_000, 400_000];
      await Promise.all(
        sizes.map(async (size, index) => {
          const key = `key-${index}`;
          const { status } = await put(key, randomBytes(size + round));
          console.log(`${status} ${key} ${size + round}`);
        }),
      );
    }
  },
  /** Creates keys that others create too, and tells which it created. */
  async create() {
    for (let index = 0; index < Number(argument); index++) {
      const { status } = await put(`key-${index}`, Buffer.from(String(process.pid)), {
        'if-none-match': '*',
      });
      if (status === 200) console.log(`created key-${index}`);
    }
    await backend.close();
  },
  /** Deletes the bucket, and makes it anew with an object in it. */
  async remake() {
    await ask('DELETE', '');
    await ask('PUT', '');
    await put('key', Buffer.from('new'));
    await backend.close();
  },
  /** Puts an object whose body stops before its end, until SIGTERM. */
  async stall() {
    async function* body() {
      yield Buffer.alloc(50_000);
      console.log('halfway');
      await Promise.race([once(process, 'SIGTERM'), setTimeout(60_000)]);
      yield Buffer.alloc(50_000);
    }
    const { status } = await ask('PUT', 'key', { 'content-length': '100000' }, Readable.from(body()));
    console.log(`answered ${status}`);
    process.exit();
  },
  /** Begins to read an object and goes no further. */
  async hold() {
    const { body } = await ask('GET', 'key');
    body.once('readable', () => console.log('reading'));
    await setTimeout(60_000);
  },
};

await commands[command]();
