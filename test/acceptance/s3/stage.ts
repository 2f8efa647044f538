import { randomBytes } from 'node:crypto';
import { ok } from './checks.js';
import type { S3Case } from './s3-case.js';
import type { S3Http } from './s3-http.js';
import { type BucketAt, TestBucket } from './test-bucket.js';

export interface StageOptions {
  readonly http: S3Http;
  /** Makes a bucket, and says where its fixtures go. */
  readonly createBucket: (name: string) => Promise<BucketAt>;
}

/** Gives every case its bucket. */
export class Stage {
  /** Names of all buckets that cases were given. */
  readonly names: string[] = [];
  private shared: Promise<TestBucket> | undefined;

  constructor(private readonly options: StageOptions) {}

  /** Runs a case; rejects when it does not hold. */
  async run({ name, ownBucket, run }: S3Case): Promise<void> {
    if (ownBucket) return run(await this.newBucket());
    this.shared ??= this.newBucket();
    return run((await this.shared).below(`${name}/`));
  }

  private async newBucket(): Promise<TestBucket> {
    const { http, createBucket } = this.options;
    const newBucketName = () => this.newName();
    const bucket = newBucketName();
    return new TestBucket({ http, bucket, fixtures: await createBucket(bucket), newBucketName }, '');
  }

  private newName(): string {
    const name = `s3-suite-${randomBytes(8).toString('hex')}`;
    this.names.push(name);
    return name;
  }
}

/** A bucket made by CreateBucket, whose fixtures are put into it like everything else. */
export async function createPlainBucket(http: S3Http, bucket: string): Promise<BucketAt> {
  ok(await http.ask('PUT', `/${bucket}`));
  return { http, bucket };
}
