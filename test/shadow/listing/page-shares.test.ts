import { describe, expect, it } from 'vitest';
import { readListing } from '../../../src/s3/xml/listing.js';
import { type Moving, movingBucket } from '../moving.js';

const KEYS = 600;
const PAGE = 150;

const names = Array.from({ length: KEYS }, (_, index) => `k${String(index).padStart(4, '0')}`);

async function walk({ client }: Moving): Promise<string[]> {
  const found: string[] = [];
  let token: string | undefined;
  do {
    const rest = token === undefined ? '' : `&continuation-token=${encodeURIComponent(token)}`;
    const query = `list-type=2&max-keys=${PAGE}${rest}`;
    const page = readListing((await client.ask('GET', '', { query })).body);
    expect(page.objects.length).toBeLessThanOrEqual(PAGE);
    found.push(...page.objects.map(({ key }) => key));
    token = page.isTruncated ? page.nextContinuationToken : undefined;
  } while (token !== undefined);
  return found;
}

/** How many keys both stores were asked for. */
const askedFor = ({ asked }: Moving): number =>
  [...asked.target, ...asked.shadow]
    .filter(({ operation }) => operation === 'ListObjectsV2')
    .reduce((sum, { query }) => sum + Number(new Map(query).get('max-keys')), 0);

describe('a listing of a bucket whose keys are strewn over both stores', () => {
  it('asks each store for its share of a page, once the first page has told it', async () => {
    const moving = await movingBucket({});
    for (const [index, name] of names.entries())
      await (index % 2 ? moving.target : moving.shadow).put(name, 'x');
    expect(await walk(moving)).toEqual(names);
    const first = askedFor(moving);
    expect(await walk(moving)).toEqual(names);
    expect(askedFor(moving) - first).toBeLessThan(1.6 * KEYS);
  });

  it('is whole where what comes next is in the other store alone', async () => {
    const moving = await movingBucket({});
    for (const [index, name] of names.entries())
      await (index < KEYS / 2 ? moving.target : moving.shadow).put(name, 'x');
    expect(await walk(moving)).toEqual(names);
    expect(await walk(moving)).toEqual(names);
  });
});
