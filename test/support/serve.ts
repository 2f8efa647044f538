import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseAddress } from '../../src/s3/address.js';
import { S3Error } from '../../src/s3/errors.js';
import type { HeaderFields, S3Request, S3Response, S3Service } from '../../src/s3/message.js';
import { operationOf } from '../../src/s3/operations.js';
import { errorResponse } from '../../src/s3/xml/error.js';

export interface ServedService {
  readonly endpoint: string;
  close(): Promise<void>;
}

/** A service on a free port of loopback that believes every signature: the far end of a backend under test. */
export async function serve(service: S3Service): Promise<ServedService> {
  const server = createServer((incoming, outgoing) => {
    answer(service, incoming, outgoing)
      .then((response) => write(response, outgoing))
      .catch((error: Error) => outgoing.destroy(error));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
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
): Promise<S3Response> {
  const { method = '', url = '' } = incoming;
  try {
    return await service(requestOf(incoming, outgoing));
  } catch (error) {
    if (!(error instanceof S3Error)) throw error;
    return errorResponse(error, { requestId: 'served', resource: url }, method);
  }
}

function requestOf(incoming: IncomingMessage, outgoing: ServerResponse): S3Request {
  const { method = '', url = '' } = incoming;
  const headers = incoming.headers as HeaderFields;
  const { bucket, key, query } = parseAddress({ rawUrl: url, host: headers.host });
  const aborted = new AbortController();
  outgoing.once('close', () => aborted.abort());
  return {
    operation: operationOf({ method, bucket, key, query, headers }),
    method,
    bucket,
    key,
    query,
    headers,
    ...(Number(headers['content-length'] ?? 0) > 0 && { body: incoming }),
    signal: aborted.signal,
  };
}

async function write({ status, headers, body }: S3Response, outgoing: ServerResponse): Promise<void> {
  outgoing.writeHead(status, headers);
  if (body instanceof Readable) await pipeline(body, outgoing);
  else outgoing.end(body);
}
