import { escapeXml } from './escape.js';
import { type Owner, writeOwner } from './owner.js';
import { readRoot, textOf, type XmlSource } from './reader.js';
import { document, element, parent } from './writer.js';

export interface ListedBucket {
  readonly name: string;
  /** ISO 8601 with milliseconds. */
  readonly createdAt: string;
}

/** What a page of ListBuckets tells beside its buckets. */
export interface BucketsPage {
  readonly prefix?: string | undefined;
  /** Leads to the next page; there is none after the last one. */
  readonly continuationToken?: string | undefined;
}

/** The answer to ListBuckets. */
export function writeBuckets(buckets: readonly ListedBucket[], owner: Owner, page: BucketsPage = {}): string {
  const list = buckets.map(({ name, createdAt }) =>
    parent('Bucket', element('Name', name) + element('CreationDate', createdAt)),
  );
  const { prefix, continuationToken } = page;
  return document(
    'ListAllMyBucketsResult',
    writeOwner(owner) +
      parent('Buckets', list.join('')) +
      element('ContinuationToken', continuationToken) +
      element('Prefix', prefix),
  );
}

/** The answer to GetBucketLocation; us-east-1 is the empty one. */
export function writeLocation(region: string): string {
  return document('LocationConstraint', region === 'us-east-1' ? '' : escapeXml(region));
}

/** The body of CreateBucket, which may be empty. Throws MalformedXML. */
export function readCreateBucket(source: XmlSource): { locationConstraint?: string } {
  if (source.length === 0) return {};
  const locationConstraint = textOf(readRoot(source, 'CreateBucketConfiguration'), 'LocationConstraint');
  return locationConstraint ? { locationConstraint } : {};
}
