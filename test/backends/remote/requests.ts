import { text } from 'node:stream/consumers';
import { createRemoteBackend, type RemoteBackendOptions } from '../../../src/backends/remote/remote.js';
import type { S3Request, S3Response } from '../../../src/s3/message.js';
import { systemClock } from '../../../src/system/clock.js';

export const SECRET_ACCESS_KEY = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';

export function remoteAt(endpoint: string, options: Partial<RemoteBackendOptions> = {}) {
  return createRemoteBackend({
    name: 'far',
    endpoint,
    region: 'us-east-1',
    accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
    secretAccessKey: SECRET_ACCESS_KEY,
    forcePathStyle: true,
    clock: systemClock,
    ...options,
  });
}

export function getObject(request: Partial<S3Request> = {}): S3Request {
  return {
    operation: 'GetObject',
    method: 'GET',
    bucket: 'photos',
    key: 'cat.jpg',
    query: [],
    headers: {},
    signal: new AbortController().signal,
    ...request,
  };
}

/** A PUT of a body whose length is announced as `length`. */
export function putObject(
  body: NonNullable<S3Request['body']>,
  length: number,
  request: Partial<S3Request> = {},
) {
  const headers = { 'content-length': String(length), ...request.headers };
  return getObject({ operation: 'PutObject', method: 'PUT', body, ...request, headers });
}

export async function textOf({ body }: S3Response): Promise<string> {
  if (body === undefined) return '';
  return Buffer.isBuffer(body) ? body.toString() : text(body);
}

export function* forever<T>(value: T): Generator<T> {
  for (;;) yield value;
}
