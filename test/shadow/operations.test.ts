import { describe, expect, it } from 'vitest';
import { movingBucket } from './moving.js';

describe('with a shadow', () => {
  it.each([
    ['PUT', 'k', 'versionId=1'],
    ['POST', 'k', 'uploads&versionId=1'],
    ['PUT', 'k', 'partNumber=1&uploadId=u&versionId=null'],
    ['POST', 'k', 'uploadId=u&versionId=1'],
  ])('what makes an object takes no version: %s %s?%s', async (method, key, query) => {
    const moving = await movingBucket({ writeThrough: true });
    await expect(moving.client.ask(method, key, { query, body: 'text' })).rejects.toMatchObject({
      code: 'InvalidArgument',
      fields: { ArgumentName: 'versionId' },
    });
    expect([...moving.asked.target, ...moving.asked.shadow]).toEqual([]);
  });

  it.each(['list-type=2&versionId=1', 'versionId=1', 'versions&versionId=1'])(
    'a listing shows both stores although it names a version: ?%s',
    async (query) => {
      const moving = await movingBucket();
      await moving.shadow.put('only in the shadow', 'old');
      expect((await moving.client.ask('GET', '', { query })).text).toContain('only in the shadow');
    },
  );

  it('an object cannot be renamed, since the shadow has it under the old name', async () => {
    const moving = await movingBucket();
    await moving.shadow.put('old name', 'text');
    const headers = { 'x-amz-rename-source': '/new/old name' };
    await expect(
      moving.client.ask('PUT', 'new name', { query: 'renameObject', headers }),
    ).rejects.toMatchObject({ code: 'NotImplemented' });
  });

  it.each([
    ['POST', 'restore'],
    ['POST', 'select&select-type=2'],
    ['PUT', 'encryption'],
    ['GET', 'torrent'],
  ])('%s ?%s is answered by the target once it has the object', async (method, query) => {
    const moving = await movingBucket();
    await moving.shadow.put('k', 'text');
    await moving.client.ask(method, 'k', { query, body: '' });
    expect(await moving.target.text('k')).toBe('text');
  });
});
