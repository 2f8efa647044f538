import { expect, it } from 'vitest';
import { bucketName, expectError, type Scene, startUpload } from './scene.js';

export function bucketCases(scene: Scene): void {
  it('lists a bucket that was created, with the time of its creation', async () => {
    const name = bucketName();
    await scene.client(name).ask('PUT', '');
    const { status, text } = await scene.client('').ask('GET', '');
    expect(status).toBe(200);
    expect(text).toContain(`<Name>${name}</Name>`);
    expect(text).toMatch(/<CreationDate>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/);
  });

  scene.when('refusesOwnBucket')('refuses to create a bucket twice', async () => {
    const client = await scene.bucket();
    expectError(await client.ask('PUT', ''), 409, 'BucketAlreadyOwnedByYou');
  });

  it('refuses bucket names that are none', async () => {
    for (const name of ['ab', 'UpperCase', 'under_score', '192.168.1.1', 'dot..dot']) {
      expectError(await scene.client(name).ask('PUT', ''), 400, 'InvalidBucketName');
    }
  });

  it('answers HEAD of a bucket that is there and 404 of one that is not', async () => {
    const client = await scene.bucket();
    expect((await client.ask('HEAD', '')).status).toBe(200);
    expect((await scene.client(bucketName()).ask('HEAD', '')).status).toBe(404);
  });

  it('answers NoSuchBucket to reads and writes in a bucket that is not there', async () => {
    const client = scene.client(bucketName());
    expectError(await client.ask('GET', 'key'), 404, 'NoSuchBucket');
    expectError(await client.put('key', 'text'), 404, 'NoSuchBucket');
    expectError(await client.ask('GET', '', { query: 'list-type=2' }), 404, 'NoSuchBucket');
    expectError(await client.ask('DELETE', ''), 404, 'NoSuchBucket');
  });

  it('deletes an empty bucket, and its name can be used again', async () => {
    const name = bucketName();
    const client = scene.client(name);
    await client.ask('PUT', '');
    expect((await client.ask('DELETE', '')).status).toBe(204);
    expectError(await client.ask('GET', 'key'), 404, 'NoSuchBucket');
    expect((await client.ask('PUT', '')).status).toBe(200);
    expect((await client.ask('GET', '', { query: 'list-type=2' })).text).not.toContain('<Contents>');
  });

  it('does not delete a bucket that has an object', async () => {
    const client = await scene.bucket();
    await client.put('key', 'text');
    expectError(await client.ask('DELETE', ''), 409, 'BucketNotEmpty');
    expect(await client.text('key')).toBe('text');
  });

  it('deletes a bucket whose objects were deleted', async () => {
    const client = await scene.bucket();
    await client.put('key', 'text');
    await client.ask('DELETE', 'key');
    expect((await client.ask('DELETE', '')).status).toBe(204);
  });

  it('forgets unfinished uploads with the bucket', async () => {
    const client = await scene.bucket();
    const uploadId = await startUpload(client, 'key');
    await client.ask('DELETE', 'key', { query: `uploadId=${uploadId}` });
    expect((await client.ask('DELETE', '')).status).toBe(204);
  });

  it('tells a location and that versioning was never on', async () => {
    const client = await scene.bucket();
    const location = await client.ask('GET', '', { query: 'location' });
    expect([location.status, location.text.includes('<LocationConstraint')]).toEqual([200, true]);
    const versioning = await client.ask('GET', '', { query: 'versioning' });
    expect(versioning.status).toBe(200);
    expect(versioning.text).not.toContain('<Status>');
  });

  scene.when('refusesUnsupported')(
    'says of an operation that it does not have that it is not there',
    async () => {
      const client = await scene.bucket();
      expectError(await client.ask('GET', '', { query: 'replication' }), 501, 'NotImplemented');
      expectError(await client.ask('PUT', '', { query: 'versioning', body: '<x/>' }), 501, 'NotImplemented');
    },
  );

  scene.when('refusesUnsupported')('refuses a bucket with object lock', async () => {
    const headers = { 'x-amz-bucket-object-lock-enabled': 'true' };
    expectError(await scene.client(bucketName()).ask('PUT', '', { headers }), 501, 'NotImplemented');
  });

  it('refuses a body that is no configuration', async () => {
    const client = scene.client(bucketName());
    expectError(await client.ask('PUT', '', { body: '<Create' }), 400, 'MalformedXML');
    expect((await client.ask('HEAD', '')).status).toBe(404);
  });
}
