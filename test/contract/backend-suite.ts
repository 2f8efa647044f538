import { afterAll, beforeAll, describe } from 'vitest';
import type { S3Service } from '../../src/s3/message.js';
import { attributeCases } from './backend/attributes.js';
import { bucketCases } from './backend/buckets.js';
import { checksumCases } from './backend/checksums.js';
import { conditionCases } from './backend/conditions.js';
import { copyCases } from './backend/copies.js';
import { deletionCases } from './backend/deletions.js';
import { listingCases } from './backend/listings.js';
import { multipartCases } from './backend/multipart.js';
import { objectCases } from './backend/objects.js';
import { rangeCases } from './backend/ranges.js';
import { type Capabilities, Scene } from './backend/scene.js';
import { taggingCases } from './backend/tagging.js';
import { uploadListCases } from './backend/upload-lists.js';

export type { Capabilities } from './backend/scene.js';

export interface BackendUnderTest {
  readonly service: S3Service;
  close(): Promise<void>;
}

export interface BackendSuiteOptions {
  create(): Promise<BackendUnderTest>;
  /** What the store does beyond the S3 that all stores speak; its cases are skipped by name where it does not. */
  readonly capabilities: Capabilities;
}

/** What a store has to do to be called S3, asked through nothing but its service. */
export function backendSuite(name: string, { create, capabilities }: BackendSuiteOptions): void {
  describe(`${name} as S3`, () => {
    let backend: BackendUnderTest;
    beforeAll(async () => {
      backend = await create();
    });
    afterAll(() => backend.close());
    const scene = new Scene(() => backend.service, capabilities);
    describe('buckets', () => bucketCases(scene));
    describe('objects', () => objectCases(scene));
    describe('ranges', () => rangeCases(scene));
    describe('conditions', () => conditionCases(scene));
    describe('deletions', () => deletionCases(scene));
    describe('copies', () => copyCases(scene));
    describe('listings', () => listingCases(scene));
    describe('multipart uploads', () => multipartCases(scene));
    describe('lists of uploads and parts', () => uploadListCases(scene));
    describe('tags', () => taggingCases(scene));
    describe('checksums', () => checksumCases(scene));
    describe('attributes and ACLs', () => attributeCases(scene));
  });
}
