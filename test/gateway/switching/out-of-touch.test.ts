import { describe, expect, it } from 'vitest';
import { type LeftAlone, servedOutOfTouch } from '../../../src/gateway/switching/out-of-touch.js';
import type { S3Request, S3Response } from '../../../src/s3/message.js';
import { SHADOW } from '../../state/records.js';

const REFUSED = { code: 'ServiceUnavailable', status: 503, headers: { 'retry-after': '2' } };

/** What a client gets of a gateway that is out of touch, and whether the target was asked. */
function ask(
  operation: S3Request['operation'],
  method: string,
  status: number,
  given: Partial<LeftAlone> = {},
) {
  let isAsked = false;
  const target = async (): Promise<S3Response> => {
    isAsked = true;
    return { status, headers: {} };
  };
  const { signal } = new AbortController();
  const request = { operation, method, bucket: 'photos', key: 'key', query: [], headers: {}, signal };
  const service = servedOutOfTouch({ record: { shadow: null }, target, mayRead: true, ...given });
  return { answer: service(request), isAsked: () => isAsked };
}

describe('a gateway that is out of touch with the state', () => {
  it('serves what the target has', async () => {
    for (const status of [200, 206, 304, 412, 403, 500]) {
      expect((await ask('GetObject', 'GET', status).answer).status).toBe(status);
    }
    expect((await ask('HeadObject', 'HEAD', 200).answer).status).toBe(200);
    expect((await ask('GetBucketLocation', 'GET', 200).answer).status).toBe(200);
  });

  it('reads no target that may have become the shadow', async () => {
    const swapping = { ...SHADOW, rung: 'swapping' as const };
    for (const given of [{ mayRead: false }, { record: { shadow: swapping } }]) {
      const { answer, isAsked } = ask('GetObject', 'GET', 200, given);
      await expect(answer).rejects.toMatchObject(REFUSED);
      expect(isAsked()).toBe(false);
    }
  });

  it('does not know what the target does not have', async () => {
    await expect(ask('GetObject', 'GET', 404).answer).rejects.toMatchObject(REFUSED);
    await expect(ask('HeadObject', 'HEAD', 404).answer).rejects.toMatchObject(REFUSED);
  });

  it('neither lists nor changes anything, and asks nobody', async () => {
    const refused = [
      ask('ListObjectsV2', 'GET', 200),
      ask('ListObjects', 'GET', 200),
      ask('ListObjectVersions', 'GET', 200),
      ask('PutObject', 'PUT', 200),
      ask('DeleteObject', 'DELETE', 204),
      ask('DeleteObjects', 'POST', 200),
      ask('CompleteMultipartUpload', 'POST', 200),
      ask('PutBucketVersioning', 'PUT', 200),
    ];
    for (const { answer, isAsked } of refused) {
      await expect(answer).rejects.toMatchObject(REFUSED);
      expect(isAsked()).toBe(false);
    }
  });
});
