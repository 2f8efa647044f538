import '../../demo/quiet-sdk.js';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';

// A gateway as one writes it first: Hono, and the AWS SDK to ask the store. It verifies nobody's signature.

const [, , endpoint = ''] = process.argv;
const s3 = new S3Client({
  endpoint,
  region: 'auto',
  forcePathStyle: true,
  credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
});
const app = new Hono();

app.get('/:bucket/:key{.+}', async (c) => {
  const { bucket: Bucket, key: Key } = c.req.param();
  const { Body, ContentLength, ContentType, ETag, LastModified } = await s3.send(
    new GetObjectCommand({ Bucket, Key }),
  );
  if (!Body) return c.body(null, 502);
  return c.body(Body.transformToWebStream() as ReadableStream, 200, {
    'content-length': String(ContentLength),
    'content-type': ContentType ?? 'application/octet-stream',
    etag: ETag ?? '',
    'last-modified': LastModified?.toUTCString() ?? '',
  });
});

const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => {
  process.stdout.write(`http://127.0.0.1:${port}\n`);
});
process.on('SIGTERM', () => {
  server.close();
  process.exit(0);
});
