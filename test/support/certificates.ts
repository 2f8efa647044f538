import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Pair } from '../../src/gateway/tls/pair.js';

const run = promisify(execFile);

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

/** One that clients can be told to trust, and what it issues for this machine. Needs openssl. */
export interface Authority {
  /** The path of its own certificate, in PEM. */
  readonly ca: string;
  issue(name: string): Promise<Pair>;
}

export async function createAuthority(folder: string): Promise<Authority> {
  const at = (name: string) => join(folder, name);
  const [ca, caKey] = [at('ca.pem'), at('ca.key')];
  await run('openssl', ['req', '-x509', ...NEW_KEY, '-subj', '/CN=authority', '-keyout', caKey, '-out', ca]);
  return {
    ca,
    async issue(name) {
      const [cert, key] = [at(`${name}.pem`), at(`${name}.key`)];
      const names = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
      const leaf = ['-addext', 'basicConstraints=critical,CA:FALSE', '-days', '2'];
      const signed = ['-CA', ca, '-CAkey', caKey, '-keyout', key, '-out', cert];
      await run('openssl', ['req', '-x509', ...NEW_KEY, ...names, ...leaf, ...signed]);
      return { cert: await readFile(cert, 'utf8'), key: await readFile(key, 'utf8') };
    },
  };
}
