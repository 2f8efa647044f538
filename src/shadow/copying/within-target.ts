import { discard } from '../../s3/body.js';
import { CHECKSUM_HEADERS } from '../../s3/checksums.js';
import { fieldsOf } from '../../s3/fields.js';
import type { HeaderFields, S3Request, S3Response } from '../../s3/message.js';
import { type CopyResult, readCopyResult } from '../../s3/xml/copy.js';
import type { ListedObject } from '../../s3/xml/listing.js';
import { ask, isSuccess, mayStillApply, readBody, wasNeverSent } from '../ask.js';
import type { ShadowContext } from '../context.js';
import { writersAnnounce } from '../judging.js';
import { isInTarget } from '../view.js';
import type { Belongings } from './belongings.js';
import { CopyAnew, CopyFailed, TargetRefused } from './copy-outcome.js';
import { type CopySink, expectSuccess, onlyIfAbsent, type Released, type SinkOptions } from './copy-sink.js';
import { goesInParts } from './in-parts.js';
import { lostOnTheWay } from './put-sink.js';
import { contentMd5, hasDigests, type SourceObject } from './source-object.js';

/**
 * Bytes. AWS takes 5 GiB; but a store makes the object between the request and its answer, and the longer that takes, the more likely it outlasts the
 * lease of who asked for it.
 */
const MAX_SIZE = 1024 ** 3;

/** In keys that Ceph RGW 16.2, which decodes the name of a source twice, takes for others. */
const DECODED_TWICE = /[%+]/;

/**
 * Whether the target may be asked to copy a listed object of the shadow by itself: both are of one store; that refuses to replace what clients wrote
 * meanwhile, or all writers announce themselves; and a wrong copy could be removed, and nothing else.
 */
export function mayCopyWithin(
  ctx: ShadowContext,
  key: string,
  listed: Pick<ListedObject, 'size' | 'etag'>,
): boolean {
  const { copy, match } = ctx.conditionalWrites;
  return (
    ctx.sourceInTarget !== undefined &&
    !ctx.learnt.copiesWithin.areRefused &&
    ((copy === true && match) || writersAnnounce(ctx)) &&
    !ctx.settings.acl &&
    listed.size <= MAX_SIZE &&
    !goesInParts(ctx, listed) &&
    !DECODED_TWICE.test(key)
  );
}

/** Whether a source has nothing beside its metadata that stores treat differently in a CopyObject. By its answer to HEAD. */
export const isPlain = ({ headers }: Pick<S3Response, 'headers'>): boolean =>
  Number(headers['x-amz-tagging-count'] ?? 0) === 0 &&
  (headers['x-amz-storage-class'] ?? 'STANDARD') === 'STANDARD' &&
  headers['x-amz-website-redirect-location'] === undefined &&
  headers['x-amz-object-lock-mode'] === undefined &&
  headers['x-amz-object-lock-legal-hold'] !== 'ON' &&
  headers['x-amz-missing-meta'] === undefined;

/** Whether the target has refused to copy from the shadow's bucket: it is not asked again then. */
export class CopiesWithin {
  areRefused = false;
}

/** A copy that the target makes by itself (AWS, CopyObject): its one request is the end that is withheld. */
export class CopyWithinTarget implements CopySink {
  readonly overwrites: boolean;
  readonly #gathered: Promise<Belongings>;
  /** Nothing that was sent can apply any more. */
  #isOver = true;

  constructor(
    private readonly ctx: ShadowContext,
    private readonly object: SourceObject,
    private readonly options: SinkOptions,
  ) {
    this.overwrites = ctx.conditionalWrites.copy !== true;
    this.#gathered = options.belongings('put');
    this.#gathered.catch(() => undefined);
  }

  async ready(): Promise<void> {
    await this.#gathered;
  }

  async release(): Promise<Released> {
    const { object } = this;
    const given = await this.#gathered;
    const answer = await this.#send('CopyObject', { method: 'PUT', headers: this.#copyHeaders(given) });
    if (answer.status === 412) return this.#whatStoodInTheWay(answer);
    const made = await this.#madeOf(answer);
    if (isOther(object, answer, made)) await this.#remove(answer, made);
    const losses = lostOnTheWay(object, given, { ...answer, headers: asAnsweredToPut(made) });
    return { state: 'done', losses: [...given.losses, ...losses] };
  }

  async abort(): Promise<boolean> {
    return this.#isOver;
  }

  #copyHeaders({ headers }: Belongings): HeaderFields {
    const { ctx, object } = this;
    return {
      ...withoutChecksumValues(headers),
      'x-amz-copy-source': ctx.sourceInTarget?.(object.key) ?? '',
      'x-amz-copy-source-if-match': object.etag,
      'x-amz-metadata-directive': 'REPLACE',
      ...onlyIfAbsent(ctx.conditionalWrites.copy === true),
      'content-length': '0',
    };
  }

  /** The answer, with the whole of its body: a store may begin to answer before it has made the object. */
  async #send(
    operation: S3Request['operation'],
    question: Pick<S3Request, 'method' | 'headers'> & Partial<Pick<S3Request, 'query'>>,
  ): Promise<S3Response> {
    const { ctx, object } = this;
    const late = new AbortController();
    const deadline = ctx.clock.after(ctx.ledger.renewalMs, () =>
      late.abort(new CopyFailed('target did not say in time what became of the copy')),
    );
    const signal = AbortSignal.any([this.options.signal, late.signal]);
    const body = Buffer.alloc(0);
    this.#isOver = false;
    try {
      const answer = await ctx.target(ask(operation, { key: object.key, body, signal, ...question }));
      const whole = { ...answer, body: await readBody(answer) };
      this.#isOver = !mayStillApply(answer);
      return whole;
    } catch (error) {
      this.#isOver = wasNeverSent(error);
      throw error;
    } finally {
      deadline.cancel();
    }
  }

  /** An object of that name, or another object in the place of the source: both are answered so. */
  async #whatStoodInTheWay({ body }: S3Response): Promise<Released> {
    discard(body);
    const { ctx, object, options } = this;
    if (await isInTarget(ctx, object.key, options.signal)) return { state: 'exists' };
    throw new CopyFailed(`source changed: it is not ${object.etag} any more`);
  }

  /** @throws CopyAnew where the target does not copy from there, so that the copy is made in another way */
  async #madeOf(answer: S3Response): Promise<CopyResult> {
    try {
      const result = readCopyResult(await expectSuccess(answer, 'target refused to copy by itself'));
      if ('error' in result) throw new CopyFailed(`target refused to copy by itself: ${result.error.code}`);
      return result;
    } catch (error) {
      if (!(error instanceof TargetRefused) || !isForGood(error)) throw error;
      const { ctx } = this;
      ctx.learnt.copiesWithin.areRefused = true;
      ctx.log.info(
        { bucket: ctx.bucket, reason: error.message },
        'the target does not copy from the shadow itself',
      );
      throw new CopyAnew(error.message);
    }
  }

  /** Removes what was made, and nothing that came after it; under the token all others wait who could delete it. @throws CopyFailed */
  async #remove({ headers }: S3Response, made: CopyResult): Promise<never> {
    const version = headers['x-amz-version-id'];
    const condition = this.ctx.conditionalWrites.match ? { 'if-match': quoted(made.etag) } : {};
    const answer = await this.#send('DeleteObject', {
      method: 'DELETE',
      query: version === undefined ? [] : [['versionId', version]],
      headers: version === undefined ? condition : {},
    });
    const isGone = isSuccess(answer) || answer.status === 412 || answer.status === 404;
    const what = `target made ${made.etag} of ${this.object.etag}`;
    throw new CopyFailed(isGone ? what : `${what}, and did not remove it: ${answer.status}`);
  }
}

const NOT_IMPLEMENTED = 501;

const isForGood = ({ status }: TargetRefused): boolean =>
  (status >= 400 && status < 500 && status !== 429) || status === NOT_IMPLEMENTED;

const bare = (etag: string): string => etag.replaceAll('"', '');
const quoted = (etag: string): string => `"${bare(etag)}"`;

const MD5 = /^[0-9a-f]{32}$/;

/** Whether the bytes are not those of the source, by the MD5s of both. */
function isOther(source: SourceObject, { headers }: S3Response, made: CopyResult): boolean {
  const areDigests = contentMd5(source)['content-md5'] !== undefined && hasDigests(headers);
  return areDigests && MD5.test(bare(made.etag)) && bare(made.etag) !== bare(source.etag);
}

/** A copy has its source's checksums, as far as the store keeps any: they cannot be given. */
const withoutChecksumValues = (headers: HeaderFields): HeaderFields =>
  fieldsOf(headers, (name) => !name.startsWith('x-amz-checksum-'));

const asAnsweredToPut = ({ etag, checksums = {} }: CopyResult): HeaderFields => ({
  etag: quoted(etag),
  ...Object.fromEntries(
    Object.entries(checksums).map(([algorithm, value]) => [
      CHECKSUM_HEADERS[algorithm as keyof typeof CHECKSUM_HEADERS],
      value,
    ]),
  ),
});
