import { expect, onTestFinished, test, vi } from 'vitest';
import { Backends } from '../../src/gateway/backends.js';
import type { StorageBackend } from '../../src/gateway/storage.js';
import type { S3Request } from '../../src/s3/message.js';
import type { BackendRecord } from '../../src/state/backends.js';
import type { Kv } from '../../src/state/kv.js';
import { createRegistry } from '../../src/state/registry.js';
import { systemClock } from '../../src/system/clock.js';
import { createLogger } from '../../src/system/logger.js';
import { backendNamed, storesOn } from '../state/records.js';
import { temporaryKv } from '../state/temporary-kv.js';

const { signal } = new AbortController();
const REQUEST: S3Request = {
  operation: 'GetObject',
  method: 'GET',
  bucket: 'b',
  key: 'k',
  query: [],
  headers: {},
  signal,
};

const unused = async () => undefined;

/** A gateway's backends on a state that several share; what it opened and closed, and what it logged. */
async function gatewayOn(kv: Kv, declared: readonly string[] = ['disk']) {
  const stores = storesOn(kv);
  const events: string[] = [];
  const logged: { msg: string; backend: string }[] = [];
  const log = createLogger({ stream: { write: (line: string) => logged.push(JSON.parse(line)) } });
  const storageOf = (name: string, id: string): StorageBackend => ({
    backend: {
      name,
      type: 'memory',
      service: async () => ({ status: 200, headers: { 'x-served-by': id } }),
      close: async () => void events.push(`closed ${id}`),
    },
  });
  const open = ({ name, id, settings }: BackendRecord) => {
    if (settings === 'unknown') throw new Error('settings of the future');
    const opened = settings === 'other keys' ? `${id} with other keys` : id;
    events.push(`opened ${opened}`);
    return storageOf(name, opened);
  };
  const registry = await createRegistry({ kv, ...stores, clock: systemClock, log });
  const backends = new Backends({
    declared: new Map(declared.map((name) => [name, storageOf(name, `declared ${name}`)])),
    registry,
    store: stores.addedBackends,
    open,
    log,
  });
  onTestFinished(() => registry.close());
  return { ...stores, backends, events, logged };
}

const servedBy = async (store: { service: StorageBackend['backend']['service'] }) =>
  (await store.service(REQUEST)).headers['x-served-by'];

test('backends that were added are there from the start, after those that the configuration declares', async () => {
  const kv = await temporaryKv();
  await storesOn(kv).addedBackends.create(backendNamed('tape'));
  await storesOn(kv).addedBackends.create(backendNamed('cloud'));
  const { backends } = await gatewayOn(kv);
  expect(backends.names()).toEqual(['disk', 'cloud', 'tape']);
  expect(backends.isDeclared('disk')).toBe(true);
  expect(backends.isDeclared('tape')).toBe(false);
});

test('one that another gateway adds is followed, and found at once by who asks for it', async () => {
  const kv = await temporaryKv();
  const [{ backends }, there] = [await gatewayOn(kv), await gatewayOn(kv)];
  const early = backends.use('tape');
  await expect(early.service(REQUEST)).rejects.toMatchObject({ code: 'ServiceUnavailable' });
  await there.addedBackends.create(backendNamed('tape'));
  expect(await servedBy(there.backends.use('tape'))).toBe('id-of-tape');
  await vi.waitFor(() => expect(backends.names()).toEqual(['disk', 'tape']));
  expect(await servedBy(early)).toBe('id-of-tape');
});

test('one that nobody has told of is found by who asks for it', async () => {
  const kv = await temporaryKv();
  const deaf: Kv = {
    get: (key) => kv.get(key),
    getMany: (keys) => kv.getMany(keys),
    list: (range) => kv.list(range),
    commit: (commit) => kv.commit(commit),
    watch: () => () => undefined,
    close: () => kv.close(),
  };
  const { backends } = await gatewayOn(deaf);
  const early = backends.use('tape');
  await storesOn(kv).addedBackends.create(backendNamed('tape'));
  expect(await servedBy(early)).toBe('id-of-tape');
  expect((await backends.find('tape'))?.backend.name).toBe('tape');
  expect(await backends.find('nowhere')).toBeUndefined();
});

test('one that is removed is closed when the last has done who uses it, and refused to all others', async () => {
  const { backends, addedBackends, events } = await gatewayOn(await temporaryKv());
  await addedBackends.create(backendNamed('tape'));
  const [one, other] = [backends.use('tape'), backends.use('tape')];
  await addedBackends.delete('tape', unused);
  expect(backends.get('tape')).toBeUndefined();
  expect(await servedBy(one)).toBe('id-of-tape');
  await one.close();
  expect(events).toEqual(['opened id-of-tape']);
  await other.close();
  expect(events).toEqual(['opened id-of-tape', 'closed id-of-tape']);
  await expect(backends.use('tape').service(REQUEST)).rejects.toMatchObject({ code: 'ServiceUnavailable' });
});

test('one that nobody uses is closed at once, and another may have its name', async () => {
  const { backends, addedBackends, events } = await gatewayOn(await temporaryKv());
  await addedBackends.create(backendNamed('tape'));
  await addedBackends.delete('tape', unused);
  await addedBackends.create({ ...backendNamed('tape'), id: 'another' });
  expect(events).toEqual(['opened id-of-tape', 'closed id-of-tape', 'opened another']);
  expect(await servedBy(backends.use('tape'))).toBe('another');
});

test('one that is given other keys is served with them at once, to who used it before, too', async () => {
  const kv = await temporaryKv();
  const [here, there] = [await gatewayOn(kv), await gatewayOn(kv)];
  await here.addedBackends.create(backendNamed('tape'));
  await vi.waitFor(() => expect(there.backends.names()).toContain('tape'));
  const user = there.backends.use('tape');
  expect(await servedBy(user)).toBe('id-of-tape');
  expect(await here.addedBackends.change(backendNamed('tape'), 'other keys')).toBe(true);
  await vi.waitFor(async () => expect(await servedBy(user)).toBe('id-of-tape with other keys'));
  expect(there.events).toEqual([
    'opened id-of-tape',
    'opened id-of-tape with other keys',
    'closed id-of-tape',
  ]);
  await user.close();
  expect(there.events).toHaveLength(3);
});

test('one that the configuration declares counts where one of its name was added, and cannot be held back from removal', async () => {
  const { backends, addedBackends, logged } = await gatewayOn(await temporaryKv());
  await addedBackends.create(backendNamed('disk'));
  expect(await servedBy(backends.use('disk'))).toBe('declared disk');
  expect(backends.names()).toEqual(['disk']);
  expect(await backends.hold('disk')).toEqual([]);
  expect(logged).toMatchObject([{ level: 40, backend: 'disk' }]);
});

test('one with settings that this gateway does not know is told of, and not served', async () => {
  const { backends, addedBackends, logged } = await gatewayOn(await temporaryKv());
  await addedBackends.create({ ...backendNamed('tape'), settings: 'unknown' });
  expect(backends.names()).toEqual(['disk']);
  expect(logged).toMatchObject([{ level: 50, backend: 'tape' }]);
  await expect(backends.use('tape').service(REQUEST)).rejects.toMatchObject({ code: 'ServiceUnavailable' });
});

test('closing closes all of them, those too that were removed and are still used', async () => {
  const { backends, addedBackends, events } = await gatewayOn(await temporaryKv());
  await addedBackends.create(backendNamed('tape'));
  await addedBackends.create(backendNamed('cloud'));
  backends.use('tape');
  await addedBackends.delete('tape', unused);
  await backends.close();
  expect(events.slice(2).sort()).toEqual(['closed declared disk', 'closed id-of-cloud', 'closed id-of-tape']);
});
