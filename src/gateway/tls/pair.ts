import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { messageOf } from '../../system/thrown.js';
import { ConfigError } from '../config-file.js';

/** Absolute paths of PEM files: the certificate with what it was issued by, and its key. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

/** What stands in the two files, as it is served. */
export interface Pair {
  readonly cert: string;
  readonly key: string;
}

/** Mozilla's intermediate configuration (Server Side TLS 5.7): no client of the last ten years is left out. */
const OFFERED: SecureContextOptions = {
  minVersion: 'TLSv1.2',
  ciphers: [
    'TLS_AES_128_GCM_SHA256',
    'TLS_AES_256_GCM_SHA384',
    'TLS_CHACHA20_POLY1305_SHA256',
    'ECDHE-ECDSA-AES128-GCM-SHA256',
    'ECDHE-RSA-AES128-GCM-SHA256',
    'ECDHE-ECDSA-AES256-GCM-SHA384',
    'ECDHE-RSA-AES256-GCM-SHA384',
    'ECDHE-ECDSA-CHACHA20-POLY1305',
    'ECDHE-RSA-CHACHA20-POLY1305',
  ].join(':'),
};

/** What a server offers with a pair; it is set as a whole, whenever the pair changes. */
export const secureContext = ({ cert, key }: Pair): SecureContextOptions => ({ ...OFFERED, cert, key });

/** @throws ConfigError, when one of the files cannot be read or the two are no pair that can be served */
export async function readPair({ cert, key }: TlsFiles): Promise<Pair> {
  const pair = { cert: await read('certificate', cert), key: await read('key', key) };
  try {
    createSecureContext(secureContext(pair));
  } catch (cause) {
    const reason = messageOf(cause);
    throw new ConfigError([`TLS: ${cert} and ${key} are no certificate and its key: ${reason}`], { cause });
  }
  return pair;
}

async function read(what: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new ConfigError([`TLS: the ${what} cannot be read: ${messageOf(cause)}`], { cause });
  }
}

/** For the log: whom it is for, and until when (ISO 8601). */
export function describePair({ cert }: Pair): { readonly names: string; readonly validTo: string } {
  const { subject, subjectAltName, validTo } = new X509Certificate(cert);
  return { names: subjectAltName ?? subject, validTo: new Date(validTo).toISOString() };
}
