import type { S3Service } from '../s3/message.js';

/** A place where buckets live, by the name that the configuration gives it. */
export interface Backend {
  readonly name: string;
  readonly type: 's3' | 'filesystem' | 'memory';
  readonly service: S3Service;
  /** Bytes that are free; a store that does not tell has none. */
  readonly room?: () => Promise<number>;
  /** Whether the gateway encrypts what is in it: then an upload has to be of even parts, and no copy can be made within. */
  readonly encrypted?: boolean;
  /** Lets requests under way end, then frees sockets and files. */
  close(): Promise<void>;
}

/** How a backend failed to answer. `sent` false means that no byte of the request left, so it cannot have applied. */
export type UnavailableReason = 'connect' | 'timeout' | 'reset' | 'overloaded' | 'closed' | 'circuit-open';

/** A backend gave no answer: nothing is known of the request, unless `sent` is false. */
export class BackendUnavailable extends Error {
  override readonly name = 'BackendUnavailable';

  constructor(
    readonly backend: string,
    readonly reason: UnavailableReason,
    readonly sent: boolean,
    options?: ErrorOptions,
  ) {
    super(`backend ${backend} gave no answer (${reason})`, options);
  }
}
