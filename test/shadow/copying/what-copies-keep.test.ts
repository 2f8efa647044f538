import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { S3Error } from '../../../src/s3/errors.js';
import type { HeaderFields, S3Filter, S3Request, S3Response } from '../../../src/s3/message.js';
import { errorResponse } from '../../../src/s3/xml/error.js';
import { readProvenance } from '../../../src/shadow/copying/provenance.js';
import { type Moving, movingBucket } from '../moving.js';
import { Uploading } from '../uploading.js';

const GIB = 1024 ** 3;

const refusing = (error: S3Error): S3Response =>
  errorResponse(error, { requestId: '1', resource: '/' }, 'PUT');

/** A store of which some requests are answered otherwise; what `act` leaves goes to the store. */
const store =
  (act: (request: S3Request) => S3Response | undefined): S3Filter =>
  (service) =>
  async (request) =>
    act(request) ?? service(request);

/** A store that takes requests without the fields that `names` matches, as one that ignores them does. */
const ignoring =
  (names: RegExp): S3Filter =>
  (service) =>
  (request) => {
    const kept = Object.entries(request.headers).filter(([name]) => !names.test(name));
    return service({ ...request, headers: Object.fromEntries(kept) });
  };

/** A store whose objects have further fields. */
const adding =
  (fields: HeaderFields): S3Filter =>
  (service) =>
  async (request) => {
    const answer = await service(request);
    const isObject = request.operation === 'GetObject' && answer.status === 200;
    return isObject ? { ...answer, headers: { ...answer.headers, ...fields } } : answer;
  };

const both =
  (outer: S3Filter, inner: S3Filter): S3Filter =>
  (service) =>
    outer(inner(service));

const puts = ({ asked }: Moving) => asked.target.filter(({ operation }) => operation === 'PutObject');

const copyOf = async ({ target }: Moving, key = 'k'): Promise<HeaderFields> =>
  (await target.ask('HEAD', key, { headers: { 'x-amz-checksum-mode': 'ENABLED' } })).headers;

const sha256 = (text: string): string => createHash('sha256').update(text).digest('base64');

describe('a copy keeps', () => {
  it('the checksum, which is not shown to a client that did not ask for it', async () => {
    const moving = await movingBucket();
    const checksum = { 'x-amz-checksum-sha256': sha256('abc') };
    await moving.shadow.put('k', 'abc', checksum);
    const { headers } = await moving.client.ask('GET', 'k');
    await moving.settled();
    expect(headers).not.toHaveProperty('x-amz-checksum-sha256');
    expect(headers).not.toHaveProperty('x-amz-checksum-type');
    expect(await copyOf(moving)).toMatchObject({ ...checksum, 'x-amz-checksum-type': 'FULL_OBJECT' });
    expect(moving.losses).toEqual([]);
  });

  it('the checksum, and shows it to a client that did', async () => {
    const moving = await movingBucket();
    const checksum = { 'x-amz-checksum-sha256': sha256('abc') };
    await moving.shadow.put('k', 'abc', checksum);
    const asking = { headers: { 'x-amz-checksum-mode': 'ENABLED' } };
    expect((await moving.client.ask('GET', 'k', asking)).headers).toMatchObject(checksum);
  });

  it('no checksum on a target that has none, which is told', async () => {
    const moving = await movingBucket({ onTarget: ignoring(/^x-amz-checksum-/) });
    await moving.shadow.put('k', 'abc', { 'x-amz-checksum-sha256': sha256('abc') });
    expect(await moving.bucket.migrate('k')).toMatchObject({ state: 'copied' });
    expect(moving.losses).toEqual([{ key: 'k', what: 'checksum', reason: 'the target keeps no checksums' }]);
  });

  it('the storage class', async () => {
    const moving = await movingBucket();
    await moving.shadow.put('k', 'abc', { 'x-amz-storage-class': 'STANDARD_IA' });
    await moving.bucket.migrate('k');
    expect((await copyOf(moving))['x-amz-storage-class']).toBe('STANDARD_IA');
  });

  it('no storage class that the target does not have, which is asked for once and told of each', async () => {
    const onTarget = store(({ headers }) =>
      headers['x-amz-storage-class'] === 'STANDARD_IA'
        ? refusing(new S3Error('InvalidStorageClass'))
        : undefined,
    );
    const moving = await movingBucket({ onTarget });
    for (const key of ['a', 'b']) await moving.shadow.put(key, key, { 'x-amz-storage-class': 'STANDARD_IA' });
    await moving.client.ask('GET', 'a');
    await moving.settled();
    expect(await moving.bucket.migrate('b')).toMatchObject({ state: 'copied' });
    expect(await moving.target.text('a')).toBe('a');
    expect(puts(moving).map(({ key, headers }) => [key, headers['x-amz-storage-class']])).toEqual([
      ['a', 'STANDARD_IA'],
      ['a', undefined],
      ['b', undefined],
    ]);
    const reason = 'the target refused it: 400 InvalidStorageClass';
    expect(moving.losses).toEqual(['a', 'b'].map((key) => ({ key, what: 'storage-class', reason })));
    expect((await moving.ledger.record('a')).copies).toEqual([]);
  });

  it('no class in which it could not be read', async () => {
    const moving = await movingBucket({ onShadow: adding({ 'x-amz-storage-class': 'GLACIER' }) });
    await moving.shadow.put('k', 'abc');
    await moving.bucket.migrate('k');
    expect(await moving.client.text('k')).toBe('abc');
    expect(moving.losses).toMatchObject([{ what: 'storage-class' }]);
  });

  it('no more than the target can have, although it refuses one thing after the other', async () => {
    const onTarget = store(({ headers }) => {
      const refused = ['x-amz-tagging', 'x-amz-website-redirect-location'].find((name) => headers[name]);
      const fields = { Header: refused ?? '' };
      return refused ? refusing(new S3Error('NotImplemented', undefined, { fields })) : undefined;
    });
    const moving = await movingBucket({ onTarget });
    const headers = { 'x-amz-tagging': 'a=b', 'x-amz-website-redirect-location': '/other' };
    await moving.shadow.put('k', 'abc', headers);
    expect(await moving.bucket.migrate('k')).toMatchObject({ state: 'copied' });
    expect(moving.losses.map(({ what }) => what).sort()).toEqual(['redirect', 'tags']);
  });

  it('nothing of a body that the target found to be another', async () => {
    const onTarget = store(({ operation }) =>
      operation === 'PutObject'
        ? refusing(new S3Error('BadDigest', 'The SHA256 checksum did not match.'))
        : undefined,
    );
    const moving = await movingBucket({ onTarget });
    await moving.shadow.put('k', 'abc', { 'x-amz-checksum-sha256': sha256('abc') });
    expect(await moving.bucket.migrate('k')).toMatchObject({ state: 'failed' });
    expect(puts(moving)).toHaveLength(1);
  });

  it('system metadata as it is, were it no date, and never the coding of an upload', async () => {
    const fields = { expires: 'never', 'content-encoding': 'aws-chunked, gzip' };
    const moving = await movingBucket({ onShadow: adding(fields) });
    await moving.shadow.put('k', 'abc', { 'x-amz-website-redirect-location': '/other' });
    expect((await moving.client.ask('GET', 'k')).headers['content-encoding']).toBe('gzip');
    await moving.bucket.migrate('k');
    expect(await copyOf(moving)).toMatchObject({
      expires: 'never',
      'content-encoding': 'gzip',
      'x-amz-website-redirect-location': '/other',
    });
  });

  it('what of the metadata the shadow could tell', async () => {
    const moving = await movingBucket({ onShadow: adding({ 'x-amz-missing-meta': '1' }) });
    await moving.shadow.put('k', 'abc');
    await moving.bucket.migrate('k');
    expect(moving.losses).toMatchObject([{ what: 'metadata' }]);
  });

  it.each([
    [5 * GIB, 'PutObject'],
    [5 * GIB + 1, 'CreateMultipartUpload'],
  ])('the form of one PUT up to 5 GiB: %i bytes are begun with %s', async (size, operation) => {
    const broken = () => Readable.from([Buffer.alloc(1)], { objectMode: false });
    const onShadow = store((request) => {
      const headers = { 'content-length': String(size), etag: `"${'a'.repeat(32)}"` };
      return request.operation === 'GetObject' ? { status: 200, headers, body: broken() } : undefined;
    });
    const moving = await movingBucket({ onShadow });
    expect(await moving.bucket.migrate('k')).toMatchObject({ state: 'failed' });
    const writes = moving.asked.target.filter(({ method }) => method !== 'HEAD' && method !== 'DELETE');
    expect(writes[0]?.operation).toBe(operation);
  });
});

describe('an archived object', () => {
  const archived = store(({ operation }) =>
    operation === 'GetObject' ? refusing(new S3Error('InvalidObjectState')) : undefined,
  );

  it('is not copied, and the reason is clear', async () => {
    const moving = await movingBucket({ onShadow: archived });
    const outcome = await moving.bucket.migrate('k');
    expect(outcome).toEqual({
      state: 'failed',
      failure: 'archived',
      reason: 'The object is archived in the shadow bucket: restore it there first.',
    });
  });

  it('is told to a client as S3 tells it', async () => {
    const moving = await movingBucket({ onShadow: archived });
    await expect(moving.client.ask('GET', 'k')).rejects.toMatchObject({ code: 'InvalidObjectState' });
  });
});

describe('the provenance of a copy', () => {
  it('is the time and the ETag of its source, which the shadow itself shows as its time', async () => {
    const moving = await movingBucket();
    await moving.shadow.put('k', 'abc');
    const source = (await moving.shadow.ask('HEAD', 'k')).headers;
    const modified = source['last-modified'];
    const [head, get] = [await moving.client.ask('HEAD', 'k'), await moving.client.ask('GET', 'k')];
    for (const { headers } of [head, get]) expect(headers['x-penumbra-source-last-modified']).toBe(modified);
    await moving.settled();
    expect(await copyOf(moving)).toMatchObject({
      'x-amz-meta-penumbra-source-last-modified': modified,
      'x-amz-meta-penumbra-source-etag': source.etag,
    });
    expect(readProvenance('k', await copyOf(moving))).toEqual({
      etag: source.etag,
      lastModified: Date.parse(modified ?? ''),
      copier: { as: 'read', gateway: 'gateway-1' },
    });
  });

  it('says that the sweep made it', async () => {
    const moving = await movingBucket();
    await moving.shadow.put('k', 'abc');
    await moving.bucket.migrate('k');
    expect(readProvenance('k', await copyOf(moving))?.copier.as).toBe('sweep');
  });

  it('counts for its own key alone, and not for that of which a client made it by CopyObject', async () => {
    const moving = await movingBucket();
    await moving.shadow.put('k', 'abc');
    await moving.bucket.migrate('k');
    await moving.client.ask('PUT', 'other', { headers: { 'x-amz-copy-source': 'new/k' } });
    const headers = await copyOf(moving, 'other');
    expect(headers).toHaveProperty('x-amz-meta-penumbra-source-etag');
    expect(readProvenance('other', headers)).toBeUndefined();
  });

  it('is left out where the shadow is set so', async () => {
    const moving = await movingBucket({ provenance: false });
    await moving.shadow.put('k', 'abc', { 'x-amz-meta-a': '1' });
    await moving.bucket.migrate('k');
    const names = Object.keys(await copyOf(moving)).filter((name) => name.startsWith('x-amz-meta-'));
    expect(names).toEqual(['x-amz-meta-a']);
    expect(moving.losses).toEqual([]);
  });

  it('is left out where it would leave no room for the metadata of the client', async () => {
    const moving = await movingBucket();
    await moving.shadow.put('k', 'abc', { 'x-amz-meta-a': 'a'.repeat(2000) });
    expect(await moving.bucket.migrate('k')).toMatchObject({ state: 'copied' });
    expect(await copyOf(moving)).not.toHaveProperty('x-amz-meta-penumbra-source-etag');
    expect(moving.losses).toMatchObject([{ what: 'provenance' }]);
  });

  it('is left out where the target has less room for it', async () => {
    const onTarget = store(({ headers }) =>
      'x-amz-meta-penumbra-source-etag' in headers ? refusing(new S3Error('MetadataTooLarge')) : undefined,
    );
    const moving = await movingBucket({ onTarget });
    await moving.shadow.put('k', 'abc');
    expect(await moving.bucket.migrate('k')).toMatchObject({ state: 'copied' });
    expect(moving.losses).toMatchObject([{ what: 'provenance' }]);
  });

  it('of a source that was itself a copy is that of this copy', async () => {
    const moving = await movingBucket();
    const older = {
      'x-amz-meta-penumbra-source-etag': '"older"',
      'x-amz-meta-penumbra-source-other': 'x',
      'x-amz-meta-penumbra-a': '1',
    };
    await moving.shadow.put('k', 'abc', older);
    await moving.bucket.migrate('k');
    const headers = await copyOf(moving);
    expect(headers['x-amz-meta-penumbra-source-etag']).toBe(headers.etag);
    expect(headers['x-amz-meta-penumbra-a']).toBe('1');
    expect(headers).not.toHaveProperty('x-amz-meta-penumbra-source-other');
  });

  it('does not go back to the shadow', async () => {
    const moving = await movingBucket({ writeThrough: true });
    const fields = { 'x-amz-meta-penumbra-source-etag': '"e"', 'x-amz-meta-a': '1' };
    await moving.target.put('from', 'abc', fields);
    await moving.client.ask('PUT', 'to', { headers: { 'x-amz-copy-source': 'new/from' } });
    const { headers } = await moving.shadow.ask('HEAD', 'to');
    expect(headers['x-amz-meta-a']).toBe('1');
    expect(headers).not.toHaveProperty('x-amz-meta-penumbra-source-etag');
  });
});

describe('the lock of an object', () => {
  const UNTIL = '2999-01-01T00:00:00.000Z';
  const LOCK = {
    'x-amz-object-lock-mode': 'GOVERNANCE',
    'x-amz-object-lock-retain-until-date': UNTIL,
    'x-amz-object-lock-legal-hold': 'ON',
  };
  const locking = store(({ operation }) =>
    operation === 'GetObjectLockConfiguration'
      ? {
          status: 200,
          headers: {},
          body: Buffer.from(
            '<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled></ObjectLockConfiguration>',
          ),
        }
      : undefined,
  );
  const lockable = both(locking, ignoring(/^x-amz-object-lock-/));

  it('is given to a target whose bucket has object lock, which is asked once', async () => {
    const moving = await movingBucket({ onTarget: lockable, onShadow: adding(LOCK) });
    for (const key of ['a', 'b']) await moving.shadow.put(key, 'abc');
    for (const key of ['a', 'b']) await moving.bucket.migrate(key);
    for (const { headers } of puts(moving))
      expect(headers).toMatchObject({ ...LOCK, 'content-md5': expect.any(String) });
    const questions = moving.asked.target.filter(({ operation }) => /Lock/.test(operation));
    expect(questions).toHaveLength(1);
    expect(moving.losses).toEqual([]);
  });

  it('is lost on any other, and told', async () => {
    const moving = await movingBucket({ onShadow: adding(LOCK) });
    await moving.shadow.put('k', 'abc');
    expect(await moving.bucket.migrate('k')).toMatchObject({ state: 'copied' });
    expect(moving.losses).toMatchObject([{ what: 'object-lock' }]);
  });

  it('is lost where the target wants hashes of parts for it that nobody has yet, and told', async () => {
    const wanting = store(({ operation }) =>
      operation === 'UploadPart' && isLocked
        ? refusing(
            new S3Error('InvalidRequest', 'Content-MD5 OR x-amz-checksum- is required with Object Lock.'),
          )
        : undefined,
    );
    let isLocked = false;
    const noting: S3Filter = (service) => (request) => {
      if (request.operation === 'CreateMultipartUpload')
        isLocked = 'x-amz-object-lock-mode' in request.headers;
      return service(request);
    };
    const moving = await movingBucket({
      onTarget: both(noting, both(wanting, lockable)),
      onShadow: adding(LOCK),
    });
    const uploading = await Uploading.begin(moving.shadow, 'k');
    await uploading.part(1, 'abc');
    await uploading.complete();
    expect(await moving.bucket.migrate('k')).toMatchObject({ state: 'copied' });
    expect(moving.losses).toEqual([
      { key: 'k', what: 'object-lock', reason: 'the target refused it: 400 InvalidRequest' },
    ]);
  });

  it('is not lost because the target does not answer', async () => {
    const down = store(({ operation }) =>
      operation === 'GetObjectLockConfiguration' ? refusing(new S3Error('ServiceUnavailable')) : undefined,
    );
    const moving = await movingBucket({ onTarget: down, onShadow: adding(LOCK) });
    await moving.shadow.put('k', 'abc');
    expect(await moving.bucket.migrate('k')).toMatchObject({ state: 'failed' });
    expect(await moving.target.text('k')).toBeUndefined();
  });

  it('is not kept when its time is over', async () => {
    const past = { ...LOCK, 'x-amz-object-lock-retain-until-date': '2001-01-01T00:00:00Z' };
    const moving = await movingBucket({ onTarget: lockable, onShadow: adding(past) });
    await moving.shadow.put('k', 'abc');
    await moving.bucket.migrate('k');
    const { headers } = puts(moving)[0] ?? { headers: {} };
    expect(headers).toMatchObject({ 'x-amz-object-lock-legal-hold': 'ON' });
    expect(headers).not.toHaveProperty('x-amz-object-lock-mode');
    expect(moving.losses).toMatchObject([{ what: 'object-lock', reason: 'its retention is over' }]);
  });
});

describe('the grants of an object', () => {
  const grant = (grantee: string, permission: string) =>
    `<Grant><Grantee>${grantee}</Grantee><Permission>${permission}</Permission></Grant>`;
  const acl = (owner: string, ...grants: string[]): S3Response => ({
    status: 200,
    headers: {},
    body: Buffer.from(
      `<AccessControlPolicy><Owner><ID>${owner}</ID></Owner><AccessControlList>${grants.join('')}</AccessControlList></AccessControlPolicy>`,
    ),
  });
  const OWN = grant('<ID>old-owner</ID>', 'FULL_CONTROL');
  const ALL = '<URI>http://acs.amazonaws.com/groups/global/AllUsers</URI>';
  const sourceOf = (...grants: string[]): S3Filter =>
    store(({ operation }) => (operation === 'GetObjectAcl' ? acl('old-owner', ...grants) : undefined));
  const target = both(
    store(({ operation }) => (operation === 'GetBucketAcl' ? acl('new-owner') : undefined)),
    ignoring(/^x-amz-(?:grant|acl)/),
  );
  const given = (moving: Moving) =>
    puts(moving).map(({ headers }) =>
      Object.fromEntries(Object.entries(headers).filter(([name]) => /^x-amz-(?:grant|acl)/.test(name))),
    );

  it('are not asked for unless they are to be kept', async () => {
    const moving = await movingBucket({ onShadow: sourceOf(OWN, grant(ALL, 'READ')) });
    await moving.shadow.put('k', 'abc');
    await moving.bucket.migrate('k');
    expect(moving.asked.shadow.map(({ operation }) => operation)).not.toContain('GetObjectAcl');
  });

  it.each([
    ['nothing', [OWN], {}],
    ['a canned one', [OWN, grant(ALL, 'READ')], { 'x-amz-acl': 'public-read' }],
    [
      'a list for each permission, the owner being that of the target',
      [
        OWN,
        grant('<ID>u1</ID>', 'READ'),
        grant(ALL, 'READ'),
        grant('<EmailAddress>a@b</EmailAddress>', 'READ_ACP'),
      ],
      {
        'x-amz-grant-full-control': 'id="new-owner"',
        'x-amz-grant-read': 'id="u1", uri="http://acs.amazonaws.com/groups/global/AllUsers"',
        'x-amz-grant-read-acp': 'emailAddress="a@b"',
      },
    ],
  ])('are given to the target as %s', async (_, grants, expected) => {
    const moving = await movingBucket({ acl: true, onShadow: sourceOf(...grants), onTarget: target });
    await moving.shadow.put('k', 'abc');
    await moving.bucket.migrate('k');
    expect(given(moving)).toEqual([expected]);
    expect(moving.losses).toEqual([]);
  });

  it('are lost where the target refuses them, and told', async () => {
    const moving = await movingBucket({ acl: true, onShadow: sourceOf(OWN, grant(ALL, 'READ')) });
    await moving.shadow.put('k', 'abc');
    expect(await moving.bucket.migrate('k')).toMatchObject({ state: 'copied' });
    expect(given(moving)).toEqual([{ 'x-amz-acl': 'public-read' }, {}]);
    expect(moving.losses).toMatchObject([{ what: 'acl' }]);
  });

  it('are not lost because the shadow does not let them be read', async () => {
    const denied = store(({ operation }) =>
      operation === 'GetObjectAcl' ? refusing(new S3Error('AccessDenied')) : undefined,
    );
    const moving = await movingBucket({ acl: true, onShadow: denied });
    await moving.shadow.put('k', 'abc');
    expect(await moving.bucket.migrate('k')).toEqual({
      state: 'failed',
      failure: 'other',
      reason: 'ACL not readable: status 403 AccessDenied',
    });
  });
});
