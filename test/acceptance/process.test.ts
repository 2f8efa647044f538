import { randomBytes } from 'node:crypto';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { expect, test } from 'vitest';
import { startUpload } from '../support/held-upload.js';
import { describeMoves } from './scenarios.js';

const MEBIBYTE = 1024 * 1024;

async function isRefused(url: string): Promise<boolean> {
  return fetch(url).then(
    () => false,
    () => true,
  );
}

describeMoves(
  (world) => {
    test('SIGTERM lets a download, an upload and the copies end, and takes no new requests', async () => {
      const body = randomBytes(4 * MEBIBYTE);
      const { bucket, old } = await world().move((before) => before.put('slow', body));
      const stopping = await world().startAnother();
      const { sdk } = bucket.at(stopping.url);
      world().proxy.holdBodies(MEBIBYTE);
      const { Body } = await sdk.send(new GetObjectCommand({ Bucket: bucket.name, Key: 'slow' }));
      const upload = await startUpload(
        await getSignedUrl(sdk, new PutObjectCommand({ Bucket: bucket.name, Key: 'up' })),
      );
      await expect.poll(() => world().proxy.count('GET', `/${old.name}/slow`)).toBe(1);

      const code = stopping.stop('SIGTERM');
      await expect.poll(() => isRefused(`${stopping.url}/_/health/live`)).toBe(true);
      upload.write('half whole');
      expect(await text(upload)).toMatch(/^HTTP\/1\.1 200 OK/);
      world().proxy.heal();
      const downloaded = Buffer.from((await Body?.transformToByteArray()) ?? []);
      expect(downloaded.equals(body)).toBe(true);
      expect(await code).toBe(0);
      expect(await bucket.text('up')).toBe('half whole');
      expect((await bucket.head('slow')).source).toBe('target');
    });

    test('SIGTERM lets a copy end that no client waits for any more', async () => {
      const body = randomBytes(4 * MEBIBYTE);
      const { bucket } = await world().move((before) => before.put('left', body));
      const stopping = await world().startAnother();
      world().proxy.holdBodies(MEBIBYTE);
      const { Body } = await bucket
        .at(stopping.url)
        .sdk.send(new GetObjectCommand({ Bucket: bucket.name, Key: 'left' }));
      (Body as Readable).destroy();
      const code = stopping.stop('SIGTERM');
      await expect.poll(() => isRefused(`${stopping.url}/_/health/live`)).toBe(true);
      world().proxy.heal();
      expect(await code).toBe(0);
      const copied = await bucket.get('left');
      expect([copied.source, copied.bytes.equals(body)]).toEqual(['target', true]);
    });

    test('another master key refuses to start, and the right one still does', async () => {
      const other = { PENUMBRA_MASTER_KEY: randomBytes(32).toString('base64') };
      await expect(world().startAnother(other)).rejects.toThrow(
        /ended \(1\) too early:\nerror: the state was sealed under another master key: [^\n]+\n$/,
      );
      const { bucket } = await world().move((before) => before.put('key', 'value'));
      const started = await world().startAnother();
      expect(await bucket.at(started.url).text('key')).toBe('value');
    });
  },
  { only: ({ state, target }) => (state === 'LMDB') === (target === 'disk') },
);
