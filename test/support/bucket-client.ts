import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  type GetObjectCommandInput,
  type GetObjectCommandOutput,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3Client,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';

/** A place for buckets, and the keys of somebody who may make some. */
export interface Account {
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export type Source = 'target' | 'shadow' | undefined;

export interface ReadObject extends Omit<GetObjectCommandOutput, 'Body'> {
  readonly bytes: Buffer;
  /** Which store answered, as the gateway says. */
  readonly source: Source;
}

type ObjectSettings = Omit<PutObjectCommandInput, 'Bucket' | 'Key' | 'Body'>;
type ReadSettings = Omit<GetObjectCommandInput, 'Bucket' | 'Key'>;

const SMALLEST_PART = 5 * 1024 * 1024;

/** One bucket through the AWS SDK; no request is tried twice. */
export class BucketClient {
  readonly sdk: S3Client;

  constructor(
    readonly account: Account,
    readonly name: string,
  ) {
    this.sdk = sdkOf(account);
  }

  /** The same bucket through another gateway. */
  at(endpoint: string): BucketClient {
    return new BucketClient({ ...this.account, endpoint }, this.name);
  }

  async create(): Promise<this> {
    await this.sdk.send(new CreateBucketCommand({ Bucket: this.name }));
    return this;
  }

  async put(key: string, body: string | Buffer, settings: ObjectSettings = {}): Promise<string> {
    const { ETag = '' } = await this.sdk.send(
      new PutObjectCommand({ ...settings, Bucket: this.name, Key: key, Body: Buffer.from(body) }),
    );
    return ETag;
  }

  async putInParts(key: string, body: Buffer, settings: ObjectSettings = {}): Promise<void> {
    const params = { ...settings, Bucket: this.name, Key: key, Body: body };
    await new Upload({ client: this.sdk, params, partSize: SMALLEST_PART }).done();
  }

  async get(key: string, settings: ReadSettings = {}, abortSignal?: AbortSignal): Promise<ReadObject> {
    const command = new GetObjectCommand({ ...settings, Bucket: this.name, Key: key });
    const { Body, ...answer } = await this.sdk.send(command, abortSignal ? { abortSignal } : {});
    return {
      ...answer,
      bytes: Buffer.from((await Body?.transformToByteArray()) ?? []),
      source: sourceOf(answer),
    };
  }

  async text(key: string): Promise<string> {
    return (await this.get(key)).bytes.toString();
  }

  async head(key: string) {
    const answer = await this.sdk.send(new HeadObjectCommand({ Bucket: this.name, Key: key }));
    return { ...answer, source: sourceOf(answer) };
  }

  /** Whether there is such an object. */
  async has(key: string): Promise<boolean> {
    return this.head(key).then(
      () => true,
      (error: { name: string }) => {
        if (error.name === 'NotFound') return false;
        throw error;
      },
    );
  }

  async delete(key: string): Promise<void> {
    await this.sdk.send(new DeleteObjectCommand({ Bucket: this.name, Key: key }));
  }

  /** All keys, in the order in which they are listed. */
  async keys(): Promise<string[]> {
    const keys: string[] = [];
    let token: string | undefined;
    do {
      const page = await this.sdk.send(
        new ListObjectsV2Command({
          Bucket: this.name,
          ...(token === undefined ? {} : { ContinuationToken: token }),
        }),
      );
      for (const { Key } of page.Contents ?? []) if (Key !== undefined) keys.push(Key);
      token = page.NextContinuationToken;
    } while (token !== undefined);
    return keys;
  }
}

/** Stores differ in the checksums that they know, so none are sent unless S3 needs them. */
function sdkOf({ endpoint, region, ...credentials }: Account): S3Client {
  const sdk = new S3Client({
    endpoint,
    region,
    credentials,
    forcePathStyle: true,
    maxAttempts: 1,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
  sdk.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const { headers } = result.response as { headers?: Record<string, string> };
      Object.assign(result.output?.$metadata ?? {}, { source: headers?.['x-penumbra-source'] });
      return result;
    },
    { step: 'deserialize', priority: 'high' },
  );
  return sdk;
}

const sourceOf = ({ $metadata }: { readonly $metadata: object }): Source =>
  ($metadata as { readonly source?: Source }).source;
