import { describe, expect, it } from 'vitest';
import { movingBucket } from './moving.js';

describe('what belongs to an object that only the shadow has', () => {
  it.each([
    ['GET', 'torrent'],
    ['GET', 'annotation'],
    ['GET', 'annotation&annotationName=a'],
    ['PUT', 'annotation&annotationName=a'],
    ['DELETE', 'annotation&annotationName=a'],
    ['POST', 'restore'],
    ['POST', 'select&select-type=2'],
    ['PUT', 'encryption'],
  ])('is asked of the target once it has the object (%s ?%s)', async (method, query) => {
    const { client, shadow, target, asked } = await movingBucket();
    await shadow.put('k', 'x');
    const [subResource] = query.split('&');
    await client.ask(method, 'k', { query }).catch(() => undefined);
    expect(await target.text('k')).toBe('x');
    expect(asked.target.at(-1)?.query[0]?.[0]).toBe(subResource);
  });
});

describe('RenameObject', () => {
  it.each(['', 'moving/'])(
    'is refused, as the old name would show again (prefix %j)',
    async (targetPrefix) => {
      const { client, asked } = await movingBucket({ prefixes: { prefix: '', targetPrefix } });
      const renaming = { query: 'renameObject', headers: { 'x-amz-rename-source': '/moving/k' } };
      await expect(client.ask('PUT', 'other', renaming)).rejects.toMatchObject({ code: 'NotImplemented' });
      expect(asked.target).toEqual([]);
    },
  );
});
