import assert from 'node:assert/strict';
import { base64Md5, headRefused, ok, refused } from '../checks.js';
import { alone, core, full, type S3Case, smoke } from '../s3-case.js';
import type { TestBucket } from '../test-bucket.js';

/** Names that AWS refuses ("General purpose bucket naming rules"). */
const BAD_NAMES = {
  too_short: 'ab',
  in_capitals: 'UpperCase',
  an_IP_address: '192.168.1.1',
  two_dots: 'dot..dot',
};

interface Setting {
  /** Of the query. */
  readonly name: string;
  readonly document: string;
  /** An element of it, and its text. */
  readonly shows: readonly [path: string, text: string];
  /** What is answered when there is none. */
  readonly absent: string;
}

const SETTINGS: Readonly<Record<string, Setting>> = {
  BucketCors: {
    name: 'cors',
    document:
      '<CORSConfiguration><CORSRule><AllowedMethod>GET</AllowedMethod><AllowedOrigin>https://a.example</AllowedOrigin></CORSRule></CORSConfiguration>',
    shows: ['CORSRule/AllowedOrigin', 'https://a.example'],
    absent: 'NoSuchCORSConfiguration',
  },
  BucketLifecycle: {
    name: 'lifecycle',
    document:
      '<LifecycleConfiguration><Rule><ID>old logs</ID><Filter><Prefix>logs/</Prefix></Filter><Status>Enabled</Status><Expiration><Days>3650</Days></Expiration></Rule></LifecycleConfiguration>',
    shows: ['Rule/ID', 'old logs'],
    absent: 'NoSuchLifecycleConfiguration',
  },
  BucketTagging: {
    name: 'tagging',
    document: '<Tagging><TagSet><Tag><Key>team</Key><Value>blue</Value></Tag></TagSet></Tagging>',
    shows: ['TagSet/Tag/Key', 'team'],
    absent: 'NoSuchTagSet',
  },
  BucketWebsite: {
    name: 'website',
    document:
      '<WebsiteConfiguration><IndexDocument><Suffix>index.html</Suffix></IndexDocument></WebsiteConfiguration>',
    shows: ['IndexDocument/Suffix', 'index.html'],
    absent: 'NoSuchWebsiteConfiguration',
  },
};

function putSetting(bucket: TestBucket, { name, document }: Setting) {
  const headers = { 'content-md5': base64Md5(document) };
  return bucket.askBucket('PUT', { query: { [name]: '' }, body: document, headers });
}

const settingCases = Object.entries(SETTINGS).flatMap(([operation, setting]) => {
  const asked = { query: { [setting.name]: '' } };
  return [
    alone(
      core(`Put${operation}_success`, async (bucket) => {
        assert.ok([200, 204].includes((await putSetting(bucket, setting)).status));
        const [path, text] = setting.shows;
        assert.equal(ok(await bucket.askBucket('GET', asked)).value(path), text);
      }),
    ),
    alone(
      core(`Get${operation}_none`, async (bucket) => {
        refused(await bucket.askBucket('GET', asked), 404, setting.absent);
      }),
    ),
    alone(
      core(`Delete${operation}_success`, async (bucket) => {
        assert.ok([200, 204].includes((await putSetting(bucket, setting)).status));
        ok(await bucket.askBucket('DELETE', asked), 204);
        refused(await bucket.askBucket('GET', asked), 404, setting.absent);
      }),
    ),
    alone(
      full(`Put${operation}_malformed_XML`, async (bucket) => {
        refused(await putSetting(bucket, { ...setting, document: '<not closed>' }), 400, 'MalformedXML');
      }),
    ),
  ];
});

const policyOf = (bucket: TestBucket): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: `arn:aws:s3:::${bucket.name}/*` },
    ],
  });

/** AWS, "ListBuckets", "CreateBucket", "HeadBucket", "DeleteBucket" and the settings of buckets. */
export const bucketCases: readonly S3Case[] = [
  smoke('ListBuckets_success', async (bucket) => {
    const answer = ok(await bucket.http.ask('GET', '/'));
    assert.equal(answer.root.name, 'ListAllMyBucketsResult');
    assert.ok(answer.texts('Buckets/Bucket/Name').includes(bucket.name));
    assert.match(answer.value('Buckets/Bucket/CreationDate') ?? '', /^\d{4}-\d\d-\d\dT/);
    assert.ok(answer.value('Owner/ID'));
  }),

  smoke('HeadBucket_success', async (bucket) => {
    assert.equal(ok(await bucket.askBucket('HEAD')).body.length, 0);
  }),

  smoke('HeadBucket_missing_bucket', async (bucket) => {
    headRefused(await bucket.http.ask('HEAD', `/${bucket.newBucketName()}`), 404);
  }),

  core('CreateBucket_success', async (bucket) => {
    const name = bucket.newBucketName();
    ok(await bucket.http.ask('PUT', `/${name}`));
    ok(await bucket.http.ask('HEAD', `/${name}`));
    ok(await bucket.http.ask('PUT', `/${name}/key`, { body: 'text' }));
  }),

  core('CreateBucket_with_a_slash_at_the_end', async (bucket) => {
    const name = bucket.newBucketName();
    ok(await bucket.http.ask('PUT', `/${name}/`));
    ok(await bucket.http.ask('HEAD', `/${name}/`));
  }),

  full('CreateBucket_that_one_has', async (bucket) => {
    const answer = await bucket.http.ask('PUT', `/${bucket.name}`);
    // AWS: 200 in us-east-1 alone.
    if (answer.status !== 200) refused(answer, 409, 'BucketAlreadyOwnedByYou');
  }),

  ...Object.entries(BAD_NAMES).map(([condition, name]) =>
    core(`CreateBucket_name_${condition}`, async (bucket) => {
      refused(await bucket.http.ask('PUT', `/${name}`), 400, 'InvalidBucketName');
    }),
  ),

  full('CreateBucket_malformed_XML', async (bucket) => {
    const name = bucket.newBucketName();
    refused(await bucket.http.ask('PUT', `/${name}`, { body: '<CreateBucket' }), 400, 'MalformedXML');
    headRefused(await bucket.http.ask('HEAD', `/${name}`), 404);
  }),

  core('DeleteBucket_success', async (bucket) => {
    const name = bucket.newBucketName();
    ok(await bucket.http.ask('PUT', `/${name}`));
    ok(await bucket.http.ask('DELETE', `/${name}`), 204);
    headRefused(await bucket.http.ask('HEAD', `/${name}`), 404);
    refused(await bucket.http.ask('GET', `/${name}/key`), 404, 'NoSuchBucket');
  }),

  core('DeleteBucket_that_is_not_empty', async (bucket) => {
    const name = bucket.newBucketName();
    ok(await bucket.http.ask('PUT', `/${name}`));
    ok(await bucket.http.ask('PUT', `/${name}/key`, { body: 'text' }));
    refused(await bucket.http.ask('DELETE', `/${name}`), 409, 'BucketNotEmpty');
    assert.equal(ok(await bucket.http.ask('GET', `/${name}/key`)).text, 'text');
  }),

  core('DeleteBucket_missing_bucket', async (bucket) => {
    refused(await bucket.http.ask('DELETE', `/${bucket.newBucketName()}`), 404, 'NoSuchBucket');
  }),

  core('GetBucketLocation_success', async (bucket) => {
    const answer = ok(await bucket.askBucket('GET', { query: { location: '' } }));
    assert.equal(answer.root.name, 'LocationConstraint');
  }),

  ...settingCases,

  alone(
    core('PutBucketPolicy_success', async (bucket) => {
      const policy = policyOf(bucket);
      const put = await bucket.askBucket('PUT', { query: { policy: '' }, body: policy });
      assert.ok([200, 204].includes(put.status), put.text);
      const read = ok(await bucket.askBucket('GET', { query: { policy: '' } }));
      assert.deepEqual(JSON.parse(read.text), JSON.parse(policy));
    }),
  ),

  alone(
    full('DeleteBucketPolicy_success', async (bucket) => {
      const put = await bucket.askBucket('PUT', { query: { policy: '' }, body: policyOf(bucket) });
      assert.ok([200, 204].includes(put.status), put.text);
      ok(await bucket.askBucket('DELETE', { query: { policy: '' } }), 204);
      refused(await bucket.askBucket('GET', { query: { policy: '' } }), 404, 'NoSuchBucketPolicy');
    }),
  ),

  alone(
    full('PutBucketPolicy_malformed_JSON', async (bucket) => {
      const answer = await bucket.askBucket('PUT', { query: { policy: '' }, body: '{"Version":' });
      refused(answer, 400, 'MalformedPolicy');
    }),
  ),

  alone(
    core('GetBucketAcl_success', async (bucket) => {
      const answer = ok(await bucket.askBucket('GET', { query: { acl: '' } }));
      assert.equal(answer.root.name, 'AccessControlPolicy');
      assert.deepEqual(answer.texts('AccessControlList/Grant/Permission'), ['FULL_CONTROL']);
    }),
  ),

  alone(
    core('PutBucketAcl_canned', async (bucket) => {
      ok(await bucket.askBucket('PUT', { query: { acl: '' }, headers: { 'x-amz-acl': 'public-read' } }));
      const answer = ok(await bucket.askBucket('GET', { query: { acl: '' } }));
      assert.deepEqual(answer.texts('AccessControlList/Grant/Permission').sort(), ['FULL_CONTROL', 'READ']);
    }),
  ),

  alone(
    full('GetBucketRequestPayment_success', async (bucket) => {
      const answer = ok(await bucket.askBucket('GET', { query: { requestPayment: '' } }));
      assert.equal(answer.value('Payer'), 'BucketOwner');
    }),
  ),

  alone(
    full('GetPublicAccessBlock_none', async (bucket) => {
      const answer = await bucket.askBucket('GET', { query: { publicAccessBlock: '' } });
      refused(answer, 404, 'NoSuchPublicAccessBlockConfiguration');
    }),
  ),

  alone(
    full('PutPublicAccessBlock_success', async (bucket) => {
      const body =
        '<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls></PublicAccessBlockConfiguration>';
      const headers = { 'content-md5': base64Md5(body) };
      ok(await bucket.askBucket('PUT', { query: { publicAccessBlock: '' }, body, headers }));
      const answer = ok(await bucket.askBucket('GET', { query: { publicAccessBlock: '' } }));
      assert.equal(answer.value('BlockPublicAcls'), 'true');
    }),
  ),

  alone(
    full('GetObjectLockConfiguration_none', async (bucket) => {
      const answer = await bucket.askBucket('GET', { query: { 'object-lock': '' } });
      refused(answer, 404, 'ObjectLockConfigurationNotFoundError');
    }),
  ),
];
