import type { S3Request, S3Response } from '../../s3/message.js';
import type { Clock } from '../../system/clock.js';
import { TIMES } from '../../system/times.js';
import { type Backend, BackendUnavailable } from '../backend.js';
import { Exchange } from './exchange.js';
import type { RemoteTimes } from './http1/pool.js';
import { createOutgoing, type OutgoingMessage } from './outgoing.js';
import { createPools } from './pools.js';

export interface RemoteBackendOptions {
  readonly name: string;
  /** URL of the service, such as `https://s3.eu-central-1.amazonaws.com`. */
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly forcePathStyle: boolean;
  readonly clock: Clock;
  readonly times?: Partial<RemoteTimes>;
  /** Connections at a time, to each origin. */
  readonly maxConnections?: number;
  /** Requests that may wait for a connection at a time; any more are refused at once. */
  readonly maxWaiting?: number;
}

/**
 * Any S3 endpoint. A request goes out as it came but for its address and signature, at most once, and whatever the
 * endpoint answers is the response. Rejects with BackendUnavailable, with the reason of the request's signal, or with
 * the error of the request's own body.
 */
export function createRemoteBackend(options: RemoteBackendOptions): Backend {
  const { name, clock, maxConnections = 128, maxWaiting = 1_024 } = options;
  const times = { ...TIMES, ...options.times };
  const pools = createPools({ ...times, maxConnections, clock });
  const outgoing = createOutgoing(options);
  let waiting = 0;
  let closed = false;

  const send = (request: S3Request, { origin, ...message }: OutgoingMessage): Promise<S3Response> =>
    new Promise((resolve, reject) => {
      let isQueued = true;
      let deadline: { cancel(): void } | undefined;
      const onDequeued = () => {
        isQueued = false;
        waiting -= 1;
        deadline?.cancel();
      };
      const exchange = new Exchange({ backend: name, request, resolve, reject, onDequeued });
      waiting += 1;
      pools.poolFor(origin).dispatch(message, exchange);
      const noConnection = () => exchange.cancel(new BackendUnavailable(name, 'timeout', false));
      // Most find a connection that is idle, and are on their way already.
      if (isQueued) deadline = clock.after(times.connectMs, noConnection);
    });

  return {
    name,
    type: 's3',
    async service(request) {
      request.signal.throwIfAborted();
      if (closed) throw new BackendUnavailable(name, 'closed', false);
      if (waiting >= maxWaiting) throw new BackendUnavailable(name, 'overloaded', false);
      return send(request, outgoing(request));
    },
    close() {
      closed = true;
      return pools.close();
    },
  };
}
