import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { parseAddress } from '../../src/s3/address.js';
import { S3Error } from '../../src/s3/errors.js';
import type { HeaderFields, S3Request, S3Response, S3Service } from '../../src/s3/message.js';
import { operationOf } from '../../src/s3/operations.js';
import { errorResponse } from '../../src/s3/xml/error.js';

export interface Endpoint {
  readonly url: string;
  close(): Promise<void>;
}

/** Serves over HTTP, path-style, on a port of the system's choice. Signatures are not looked at, and bodies are taken as they come. */
export async function serveEndpoint(service: S3Service): Promise<Endpoint> {
  const server = createServer((incoming, outgoing) => {
    answer(service, incoming, outgoing).catch((error: unknown) =>
      outgoing.destroy(error instanceof Error ? error : new Error(String(error))),
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

async function answer(
  service: S3Service,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const { status, headers, body } = await ask(service, incoming, outgoing);
  outgoing.writeHead(status, headers);
  if (body === undefined || Buffer.isBuffer(body) || incoming.method === 'HEAD') outgoing.end(body);
  else await pipeline(body, outgoing);
}

/** What is wrong with an address is answered here: services get requests that have one. */
async function ask(
  service: S3Service,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<S3Response> {
  try {
    return await service(requestOf(incoming, outgoing));
  } catch (error) {
    if (!(error instanceof S3Error)) throw error;
    return errorResponse(error, { requestId: '', resource: incoming.url ?? '' }, incoming.method ?? 'GET');
  }
}

function requestOf(incoming: IncomingMessage, outgoing: ServerResponse): S3Request {
  const method = incoming.method ?? 'GET';
  const headers = incoming.headers as HeaderFields;
  const { bucket, key, query } = parseAddress({ rawUrl: incoming.url ?? '/', host: undefined });
  const gone = new AbortController();
  outgoing.once('close', () => gone.abort());
  return {
    operation: operationOf({ method, bucket, key, query, headers }),
    method,
    bucket,
    key,
    query,
    headers,
    ...(headers['content-length'] !== undefined && { body: incoming }),
    signal: gone.signal,
  };
}
