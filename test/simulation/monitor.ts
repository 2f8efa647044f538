import type { S3Request, S3Response, S3Service } from '../../src/s3/message.js';
import type { OperationName } from '../../src/s3/operations.js';
import { readCopyResult } from '../../src/s3/xml/copy.js';
import { readCompleteResult } from '../../src/s3/xml/multipart.js';
import type { History } from './history.js';
import { markOf } from './mark.js';

export type Side = 'target' | 'shadow';

/** Watches what gateways send and what becomes of it in the stores, and notes what no rule allows although no client may see it. */
export class Monitor {
  /** What was wrong first. */
  violation: string | undefined;
  readonly #sent = new Set<string>();
  readonly #written: Readonly<Record<Side, Set<string>>> = { target: new Set(), shadow: new Set() };
  readonly #present: Readonly<Record<Side, Set<string>>> = { target: new Set(), shadow: new Set() };
  readonly #answeredByShadow = new Set<string>();

  /** @param parts `either`: which of the stores is the target changes */
  constructor(
    private readonly parts: { readonly history: History; readonly writesTo: 'target' | 'both' | 'either' },
  ) {}

  /** No write is ever sent twice: only a client knows whether its request may be repeated. */
  sends(side: Side, request: S3Request): void {
    const mark = markOf(request);
    if (mark === undefined || isRead(request)) return;
    const what = `${request.operation} of ${mark} to the ${side}`;
    if (this.#sent.has(what)) this.note(`${what} was sent twice`);
    this.#sent.add(what);
  }

  /** The store, with an eye on which objects it has: made of whole bodies, and in write-through first of all in the shadow. */
  watching(side: Side, store: S3Service): S3Service {
    return async (request) => {
      const answer = await store(request);
      if (answer.status < 300) this.#applied(side, request, answer);
      return answer;
    };
  }

  /** A client was told that its write is done. */
  acknowledges(key: string, value: string): void {
    const missing = SIDES.filter((side) => !this.#written[side].has(objectOf(key, value)));
    const { writesTo } = this.parts;
    const isEnough =
      writesTo === 'either' ? missing.length < 2 : !missing.some((side) => isOwed(side, writesTo));
    if (!isEnough)
      this.note(`the write of ${value} was acknowledged and never reached ${missing.join(', ')}`);
  }

  has(side: Side, key: string): boolean {
    return this.#present[side].has(key);
  }

  /** Whether the shadow was asked for a read, and had the object. */
  wasAnsweredByShadow(mark: string): boolean {
    return this.#answeredByShadow.has(mark);
  }

  /** Nothing that is wrong later counts. */
  note(violation: string): void {
    this.violation ??= violation;
  }

  #applied(side: Side, request: S3Request, answer: S3Response): void {
    const [mark, etag] = [markOf(request), writtenETag(request, answer)];
    if (etag !== undefined) this.#writes(side, request, etag);
    if (request.operation === 'DeleteObject') this.#present[side].delete(request.key);
    if (side === 'shadow' && mark !== undefined && isRead(request)) this.#answeredByShadow.add(mark);
  }

  #writes(side: Side, request: S3Request, etag: string): void {
    const { history, writesTo } = this.parts;
    if (!history.isKnown(etag)) this.note(`the ${side} made an object of a body that was not whole`);
    const object = objectOf(request.key, history.valueOf(etag));
    const isClients = WRITTEN_TO_BOTH.has(request.operation) && markOf(request) !== undefined;
    if (writesTo === 'both' && side === 'target' && isClients && !this.#written.shadow.has(object))
      this.note(`${object} was written to the target before the shadow had it`);
    this.#written[side].add(object);
    this.#present[side].add(request.key);
  }
}

const SIDES: readonly Side[] = ['shadow', 'target'];

const isOwed = (side: Side, writesTo: 'target' | 'both'): boolean => writesTo === 'both' || side === 'target';

/** What clients write in write-through, as the stores get it. */
const WRITTEN_TO_BOTH: ReadonlySet<OperationName> = new Set<OperationName>([
  'PutObject',
  'CompleteMultipartUpload',
  'CopyObject',
]);

const objectOf = (key: string, value: string): string => `${key}: ${value}`;

const isRead = ({ method }: S3Request): boolean => method === 'GET' || method === 'HEAD';

/** Of the object that a store has made for a request, if it has. */
function writtenETag({ operation }: S3Request, { headers, body }: S3Response): string | undefined {
  if (operation === 'PutObject') return headers.etag;
  if (!Buffer.isBuffer(body)) return undefined;
  if (operation === 'CopyObject') return etagIn(readCopyResult(body));
  return operation === 'CompleteMultipartUpload' ? etagIn(readCompleteResult(body)) : undefined;
}

const etagIn = (result: { readonly etag: string } | { readonly error: unknown }): string | undefined =>
  'etag' in result ? result.etag : undefined;
