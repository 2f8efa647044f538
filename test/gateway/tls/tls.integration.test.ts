import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile, rename, symlink } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { connect } from 'node:net';
import { join } from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import { connect as connectTls, type SecureVersion, TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import {
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { expect, onTestFinished, test } from 'vitest';
import { createAuthority } from '../../support/certificates.js';
import { describeWith } from '../../support/describe-with.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { ROOT, startTestGateway, type TestGateway } from '../harness.js';

const run = promisify(execFile);

/** The authority of the clients' certificates, in a file, and in PEM. */
interface Trusted {
  readonly caFile: string;
  readonly ca: string;
}

interface TlsGateway extends Trusted {
  readonly gateway: TestGateway;
  /** Root's. */
  readonly sdk: S3Client;
  /** Has the files of the gateway lead to a new pair that is named so. */
  renew(name: string): Promise<void>;
}

/** A gateway with the certificate `first` and an empty bucket `photos`. */
async function start(): Promise<TlsGateway> {
  const folder = await temporaryFolder();
  const authority = await createAuthority(folder);
  async function renew(name: string) {
    await authority.issue(name);
    for (const kind of ['key', 'pem']) {
      await symlink(`${name}.${kind}`, join(folder, 'new'));
      await rename(join(folder, 'new'), join(folder, `live.${kind}`));
    }
  }
  await renew('first');
  const tls = { cert: join(folder, 'live.pem'), key: join(folder, 'live.key') };
  const gateway = await startTestGateway({ config: { tls } });
  onTestFinished(() => gateway.close());
  const ca = await readFile(authority.ca, 'utf8');
  const sdk = new S3Client({
    endpoint: gateway.url,
    region: 'eu-north-7',
    credentials: ROOT,
    forcePathStyle: true,
    maxAttempts: 1,
    requestHandler: { httpsAgent: new Agent({ ca, keepAlive: true }) },
  });
  onTestFinished(() => sdk.destroy());
  await sdk.send(new CreateBucketCommand({ Bucket: 'photos' }));
  return { gateway, caFile: authority.ca, ca, sdk, renew };
}

interface Got {
  readonly status: number | undefined;
  /** Whose certificate it came with. */
  readonly from: unknown;
  readonly cookies: string;
  readonly text: string;
}

interface Asking {
  readonly ca: string;
  /** Without one, over a connection of its own. */
  readonly agent?: Agent;
  readonly json?: unknown;
}

async function ask(url: string, { ca, agent, json }: Asking): Promise<Got> {
  const posted = json !== undefined && { method: 'POST', headers: { 'content-type': 'application/json' } };
  const sent = request(url, { ca, agent: agent ?? false, ...posted });
  sent.end(json === undefined ? undefined : JSON.stringify(json));
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  const { socket } = answer;
  const from = socket instanceof TLSSocket ? socket.getPeerCertificate().subject?.CN : undefined;
  const cookies = String(answer.headers['set-cookie']);
  return { status: answer.statusCode, from, cookies, text: (await buffer(answer)).toString() };
}

/** How a handshake with these versions ends. */
async function handshake(port: number, ca: string, version: SecureVersion): Promise<string> {
  // A client that would take anything.
  const ciphers = 'ALL:@SECLEVEL=0';
  const versions = { minVersion: version, maxVersion: version };
  const socket = connectTls({ host: '127.0.0.1', port, ca, ciphers, ...versions });
  try {
    await once(socket, 'secureConnect');
    return `${socket.getProtocol()} ${socket.getCipher().name}`;
  } catch {
    return 'refused';
  } finally {
    socket.destroy();
  }
}

describeWith(['openssl', 'curl'], 'a gateway with a certificate', () => {
  test('is an https address to curl, which has to trust the certificate', async () => {
    const { gateway, caFile, sdk } = await start();
    expect(gateway.url).toBe(`https://127.0.0.1:${gateway.port}`);
    const at = { Bucket: 'photos', Key: 'from curl' };
    const curl = async (...args: string[]) =>
      (await run('curl', ['--silent', '--show-error', '--fail', '--cacert', caFile, ...args])).stdout;
    await curl('-X', 'PUT', '--data-binary', 'by curl', await getSignedUrl(sdk, new PutObjectCommand(at)));
    expect(await curl(await getSignedUrl(sdk, new GetObjectCommand(at)))).toBe('by curl');
    const untrusting = run('curl', ['--silent', gateway.url]);
    await expect(untrusting).rejects.toMatchObject({ code: 60 });
  });

  test('is one to the AWS SDK, uploads in parts are named by it', async () => {
    const { gateway, sdk } = await start();
    const at = { Bucket: 'photos', Key: 'large' };
    const body = randomBytes(6 * 1024 * 1024);
    const { UploadId } = await sdk.send(new CreateMultipartUploadCommand(at));
    const { ETag } = await sdk.send(new UploadPartCommand({ ...at, UploadId, PartNumber: 1, Body: body }));
    const parts = { MultipartUpload: { Parts: [{ PartNumber: 1, ETag }] } };
    const { Location } = await sdk.send(new CompleteMultipartUploadCommand({ ...at, UploadId, ...parts }));
    expect(Location).toBe(`${gateway.url}/photos/large`);
    const { Body } = await sdk.send(new GetObjectCommand(at));
    expect(body.equals((await Body?.transformToByteArray()) ?? Buffer.of())).toBe(true);
  });

  test('speaks TLS 1.3 and 1.2, nothing older, and nothing to who speaks none', async () => {
    const { gateway, ca } = await start();
    expect(await handshake(gateway.port, ca, 'TLSv1.3')).toMatch(/^TLSv1\.3 TLS_/);
    expect(await handshake(gateway.port, ca, 'TLSv1.2')).toMatch(/^TLSv1\.2 ECDHE-.*-GCM-/);
    expect(await handshake(gateway.port, ca, 'TLSv1.1')).toBe('refused');
    const plain = connect(gateway.port, '127.0.0.1');
    plain.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    const heard = await text(plain).catch(() => '');
    expect(heard).not.toContain('HTTP');
    expect(gateway.logged.filter(({ msg }) => msg === 'no request')).toEqual([]);
  });

  test('gives out cookies that are never sent in the clear', async () => {
    const { gateway, ca } = await start();
    const json = { password: 'open sesame' };
    const { status, cookies } = await ask(`${gateway.url}/_/api/admin/login`, { ca, json });
    expect([status, cookies]).toEqual([200, expect.stringContaining('; Secure')]);
  });

  test('serves a renewed one without a request that fails', async () => {
    const { gateway, ca, sdk, renew } = await start();
    const at = { Bucket: 'photos', Key: 'key' };
    const content = randomBytes(64 * 1024).toString('hex');
    await sdk.send(new PutObjectCommand({ ...at, Body: content }));
    const url = await getSignedUrl(sdk, new GetObjectCommand(at));
    const agent = new Agent({ ca, keepAlive: true, maxSockets: 4 });
    onTestFinished(() => agent.destroy());

    let isOver = false;
    const wrong: Got[] = [];
    const seen = new Map<unknown, number>();
    async function load(options: Asking) {
      while (!isOver) {
        const got = await ask(url, options);
        if (got.status !== 200 || got.text !== content) wrong.push(got);
        seen.set(got.from, (seen.get(got.from) ?? 0) + 1);
      }
    }
    const loads = [...Array.from({ length: 4 }, () => load({ ca, agent })), load({ ca }), load({ ca })];
    for (const name of ['second', 'third']) {
      await renew(name);
      await expect.poll(() => seen.get(name) ?? 0, { timeout: 20_000 }).toBeGreaterThan(10);
    }
    isOver = true;
    await Promise.all(loads);
    expect(wrong).toEqual([]);
    expect([...seen.keys()]).toEqual(['first', 'second', 'third']);
    const renewals = gateway.logged.filter(({ msg }) => msg === 'the certificate was renewed');
    expect(renewals).toHaveLength(2);
  });
});
