import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  NoSuchKey,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import type { Expected } from './corpus.js';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface ReadObject extends Expected {
  /** Which store the bytes came from, as the gateway says. */
  readonly source: string | undefined;
}

/** One bucket through the AWS SDK, as any program would use it. */
export class BucketClient {
  readonly #s3: S3Client;

  constructor(
    endpoint: string,
    readonly bucket: string,
    credentials: Credentials,
  ) {
    this.#s3 = new S3Client({ endpoint, region: 'auto', credentials, forcePathStyle: true, maxAttempts: 3 });
  }

  /** Undefined when there is no such object. */
  async read(key: string): Promise<ReadObject | undefined> {
    const command = new GetObjectCommand({ Bucket: this.bucket, Key: key });
    let source: string | undefined;
    command.middlewareStack.add(
      (next) => async (args) => {
        const result = await next(args);
        const { response } = result as { response: { headers?: Record<string, string> } };
        source = response.headers?.['x-penumbra-source'];
        return result;
      },
      { step: 'deserialize', priority: 'low' },
    );
    try {
      const { Body } = await this.#s3.send(command);
      return { ...(await digest(Body as Readable)), source };
    } catch (error) {
      if (error instanceof NoSuchKey) return undefined;
      throw error;
    }
  }

  async write(key: string, body: Buffer): Promise<void> {
    await this.#s3.send(new PutObjectCommand({ Bucket: this.bucket, Key: key, Body: body }));
  }

  async writeInParts(key: string, body: Buffer): Promise<void> {
    const params = { Bucket: this.bucket, Key: key, Body: body };
    await new Upload({ client: this.#s3, params, partSize: 16 * 1024 * 1024, queueSize: 4 }).done();
  }

  async delete(key: string): Promise<void> {
    await this.#s3.send(new DeleteObjectCommand({ Bucket: this.bucket, Key: key }));
  }

  async list(): Promise<string[]> {
    const keys: string[] = [];
    let token: string | undefined;
    do {
      const page = await this.#s3.send(
        new ListObjectsV2Command({ Bucket: this.bucket, ...(token ? { ContinuationToken: token } : {}) }),
      );
      for (const { Key } of page.Contents ?? []) if (Key !== undefined) keys.push(Key);
      token = page.NextContinuationToken;
    } while (token);
    return keys;
  }

  close(): void {
    this.#s3.destroy();
  }
}

async function digest(body: Readable): Promise<Expected> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    hash.update(chunk);
    size += chunk.length;
  }
  return { size, sha256: hash.digest('hex') };
}
