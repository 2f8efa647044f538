import { isIP } from 'node:net';
import { encodeKey } from '../../s3/keys.js';

/** Where on the network a bucket or key is. */
export interface Destination {
  /** Scheme, host and port: what one connection pool serves. */
  readonly origin: string;
  /** The Host header: no port when it is the scheme's default. */
  readonly host: string;
  /** Percent-encoded path as it is sent and signed. */
  readonly path: string;
}

export interface AddressingOptions {
  /** Base URL of the service; a path in it comes before the bucket. */
  readonly endpoint: string;
  readonly forcePathStyle: boolean;
}

// A name that is one DNS label: a dot in it would fall outside of the service's wildcard certificate.
const HOSTABLE = /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/;

/**
 * Path-style (`host/bucket/key`) or, where the bucket's name can be a host's, virtual-hosted (`bucket.host/key`)
 * addresses (AWS S3 user guide, "Virtual hosting of general purpose buckets").
 */
export function createAddressing(options: AddressingOptions): (bucket: string, key: string) => Destination {
  const { protocol, host, hostname, origin, pathname } = new URL(options.endpoint);
  const base = pathname.replace(/\/+$/, '');
  const pathStyle = options.forcePathStyle || isIP(hostname.replace(/^\[|\]$/g, '')) !== 0;

  return (bucket, key) => {
    if (bucket === '') return { origin, host, path: `${base}/` };
    if (!pathStyle && HOSTABLE.test(bucket)) {
      const bucketHost = `${bucket}.${host}`;
      return { origin: `${protocol}//${bucketHost}`, host: bucketHost, path: `${base}/${encodeKey(key)}` };
    }
    const path = `${base}/${encodeKey(bucket)}`;
    return { origin, host, path: key === '' ? path : `${path}/${encodeKey(key)}` };
  };
}
