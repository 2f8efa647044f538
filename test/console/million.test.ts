import { afterAll, beforeAll, expect, test } from 'vitest';
import { indexAfter, type KeyShape, keyShapes } from '../../bench/procedural/key-shapes.js';
import { type Endpoint, serveEndpoint } from '../../bench/procedural/procedural-endpoint.js';
import { type ProceduralStore, proceduralStore } from '../../bench/procedural/procedural-store.js';
import { describeWith } from '../support/describe-with.js';
import { lookAt, openWorld, type World } from './world.js';

const OBJECTS = 'settings/storage/buckets/million/objects';
const PAGE = 100;

const SHAPE = shapeOf('applications side by side');

function shapeOf(name: string): KeyShape {
  const shape = keyShapes(1_000_000).find((one) => one.name === name);
  if (!shape) throw new Error(`no shape "${name}"`);
  return shape;
}

/** A page of the keys that begin with a prefix, as they stand behind it. */
function keysOf(prefix: string, page: number): string[] {
  const begin = indexAfter(SHAPE, prefix) + page * PAGE;
  return Array.from({ length: PAGE }, (_, index) => SHAPE.keyAt(begin + index).slice(prefix.length));
}

describeWith(['chromium'], 'a bucket of a million keys in the console', () => {
  let world: World;
  let stores: readonly ProceduralStore[];
  let endpoints: readonly Endpoint[];

  beforeAll(async () => {
    stores = [proceduralStore(SHAPE, (index) => index % 3 === 0), proceduralStore(SHAPE)];
    [world, ...endpoints] = await Promise.all([
      openWorld(),
      ...stores.map(({ service }) => serveEndpoint(service)),
    ]);
    const [target, shadow] = endpoints.map(({ url }) => ({
      endpoint: url,
      access_key_id: 'any',
      secret_access_key: 'any',
    }));
    await world.admin('POST', '/backends', { name: 'large', type: 's3', probe: false, ...target });
    await world.createBucket('million', { backend: 'large', shadow: { ...shadow, region: 'us-east-1' } });
  });
  afterAll(() => Promise.all([world.close(), ...endpoints.map((one) => one.close())]));

  const lists = () => stores.map(({ requests }) => requests.get('ListObjectsV2') ?? 0);

  test('is browsed by one list call to each store for each page that is looked at', async () => {
    const { page, complaints } = await world.open('settings/storage/backends');
    /** What has both stores counted. */
    const asked: string[] = [];
    page.on('request', (request) => {
      const { pathname } = new URL(request.url());
      if (pathname.endsWith('/status')) asked.push(pathname);
    });
    const rows = page.getByRole('table', { name: 'Objects' }).getByRole('row');
    const link = (name: string) => page.getByRole('link', { name, exact: true });
    /** Goes somewhere, where these keys are, and no others. */
    async function look(go: () => Promise<unknown>, keys: readonly string[]): Promise<void> {
      const before = lists();
      await go();
      await rows.getByRole('link', { name: keys[0] ?? '', exact: true }).waitFor();
      expect(await rows.getByRole('link').allTextContents()).toEqual(keys);
      expect(lists()).toEqual(before.map((count) => count + 1));
    }
    const goTo = (address: string) => () => page.goto(`${world.url}/_/${OBJECTS}${address}`);

    await look(goTo(''), ['backup/', 'media/', 'thumbs/', 'tmp/']);
    await look(() => link('media/').click(), keysOf('media/', 0));
    await lookAt(page, 'objects-of-a-million');
    await look(() => link('Next page').click(), keysOf('media/', 1));
    await look(() => link('Next page').click(), keysOf('media/', 2));
    await look(
      async () => {
        await page.getByLabel('Keys that begin with').fill('media/7f');
        await page.getByRole('button', { name: 'Show' }).click();
      },
      keysOf('media/7f', 0).map((key) => `7f${key}`),
    );
    await look(
      goTo('?prefix=media%2F&after=media%2Fff'),
      keysOf('media/ff', 0).map((key) => `ff${key}`),
    );
    await look(() => link('First page').click(), keysOf('media/', 0));
    expect(asked).toEqual([]);
    expect(complaints).toEqual([]);
  });
});
