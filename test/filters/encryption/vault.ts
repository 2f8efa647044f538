import { createMemoryBackend } from '../../../src/backends/memory/memory.js';
import type { AesGcmOptions } from '../../../src/filters/encryption/aes-gcm.js';
import type { S3Request, S3Service } from '../../../src/s3/message.js';
import { systemClock } from '../../../src/system/clock.js';
import { StoreClient } from '../../support/store-client.js';
import { encrypting } from './encrypting.js';

export interface Vault {
  /** As clients see it. */
  readonly client: StoreClient;
  /** As the backend has it. */
  readonly raw: StoreClient;
  readonly store: S3Service;
  /** What the backend was asked, oldest first. */
  readonly asked: S3Request[];
  /** The same backend with other settings. */
  under(options: Partial<AesGcmOptions>): StoreClient;
}

/** A bucket in memory, behind the filter and without it. */
export async function openVault(options: Partial<AesGcmOptions> = {}): Promise<Vault> {
  const { service: store } = createMemoryBackend({ name: 'memory', clock: systemClock, minPartSize: 1 });
  const asked: S3Request[] = [];
  const watched: S3Service = (request) => {
    asked.push(request);
    return store(request);
  };
  const under = (settings: Partial<AesGcmOptions>) =>
    new StoreClient(encrypting({ ...options, ...settings })(watched), 'bucket');
  const raw = new StoreClient(store, 'bucket');
  await raw.ask('PUT', '');
  return { client: under({}), raw, store, asked, under };
}
