import { createHmac } from 'node:crypto';
import { LRUCache } from 'lru-cache';

/** What a signature is good for: one day, one region, S3. */
export interface CredentialScope {
  /** YYYYMMDD. */
  readonly date: string;
  readonly region: string;
}

/** A key takes four HMACs and serves a day; the bound holds back clients that make up region names. */
const signingKeys = new LRUCache<string, Buffer>({ max: 1000 });

/** The scope as it is written in a credential and in the string to sign. */
export function formatScope({ date, region }: CredentialScope): string {
  return `${date}/${region}/s3/aws4_request`;
}

/** Derives the key that signs within a scope, or recalls it (AWS, "Create a signed AWS API request", step 4). */
export function signingKey(secretAccessKey: string, scope: CredentialScope): Buffer {
  // A date has eight digits and a region no slash, so that no two inputs share a name.
  const name = `${scope.date}/${scope.region}/${secretAccessKey}`;
  const known = signingKeys.get(name);
  if (known) return known;
  const dateKey = hmac(`AWS4${secretAccessKey}`, scope.date);
  const key = hmac(hmac(hmac(dateKey, scope.region), 's3'), 'aws4_request');
  signingKeys.set(name, key);
  return key;
}

function hmac(key: string | Buffer, data: string): Buffer {
  return createHmac('sha256', key).update(data).digest();
}
