import { LRUCache } from 'lru-cache';
import type { HeaderFields, S3Response } from '../../s3/message.js';
import { CopyAnew, TargetRefused } from './copy-outcome.js';
import { expectSuccess } from './copy-sink.js';
import type { Loss } from './loss.js';

/** Something that a copy is given beside its bytes and may go without. */
export interface Belonging {
  readonly what: Loss['what'];
  readonly headers: HeaderFields;
  /** What a target that refuses it refuses again, such as one storage class. */
  readonly variant: string;
}

/** By what a refusal shows whom it means: its code, or words of its message or of the argument or field that it names. */
const SIGNS: Partial<Record<Loss['what'], { readonly codes: RegExp; readonly words: RegExp }>> = {
  acl: {
    // Ceph RGW 16.2 knows no such key where it knows no such grantee.
    codes: /^(?:AccessControlListNotSupported|MalformedACLError|UnresolvableGrantByEmailAddress|NoSuchKey)$/,
    words: /\bacls?\b|\bgrant|PutObjectAcl/i,
  },
  'object-lock': {
    codes: /^(?:InvalidRetentionPeriod|ObjectLockConfigurationNotFoundError)$/,
    words: /object[- ]?lock|retain|retention|legal[- ]?hold|PutObjectLegalHold/i,
  },
  'storage-class': { codes: /^InvalidStorageClass$/, words: /storage[- ]?class/i },
  tags: { codes: /^InvalidTag/, words: /\btag(?:s|ging)?\b|PutObjectTagging/i },
  redirect: { codes: /^InvalidRedirectLocation$/, words: /redirect/i },
  checksum: { codes: /^InvalidChecksum$/, words: /checksum/i },
  provenance: { codes: /^MetadataTooLarge$/, words: /metadata headers exceed/i },
};

/** What may be meant by a refusal that names nothing (Ceph RGW 16.2 sends no messages), the likeliest first. */
const SUSPECTS: Readonly<Record<string, readonly Loss['what'][]>> = {
  InvalidArgument: ['storage-class', 'acl', 'object-lock'],
  InvalidRequest: ['object-lock', 'acl', 'storage-class'],
  NotImplemented: ['acl', 'object-lock', 'storage-class'],
};

const STATUSES = new Set([400, 403, 404, 501]);
/** The bytes, or the sender, are what is wrong. */
const NOT_OF_HEADERS = /Digest|Mismatch|DoesNotMatch|RequestTime|AccessKey/;
const CLASS_OF_ITS_OWN = new Set(['NotImplemented', 'AccessControlListNotSupported']);
const MAX_REMEMBERED = 1_000;

/** What the target has refused to keep of objects, so that not every copy tries it in vain. In memory, bounded. */
export class Refusals {
  readonly #reasons = new LRUCache<string, string>({ max: MAX_REMEMBERED });

  /** Why it is not to be sent; undefined when nothing is known against it. */
  against({ what, variant }: Belonging): Loss | undefined {
    if (this.#reasons.size === 0) return undefined;
    const reason = this.#reasons.get(what) ?? this.#reasons.get(`${what}/${variant}`);
    return reason === undefined ? undefined : { what, reason };
  }

  /** What the target does not know at all it refuses in every variant. */
  note({ what, variant }: Belonging, { status, code }: TargetRefused): void {
    const id = CLASS_OF_ITS_OWN.has(code) ? what : `${what}/${variant}`;
    this.#reasons.set(id, `the target refused it: ${status} ${code}`);
  }
}

/**
 * The body of a success.
 *
 * @throws CopyAnew when the target refused something of `given` that a copy may go without, which is remembered; CopyFailed for all else
 */
export async function expectTaken(
  answer: S3Response,
  what: string,
  { given, refusals }: { readonly given: readonly Belonging[]; readonly refusals: Refusals },
): Promise<string> {
  try {
    return await expectSuccess(answer, what);
  } catch (error) {
    const culprit = error instanceof TargetRefused ? blamed(error, given) : undefined;
    if (!(error instanceof TargetRefused) || !culprit) throw error;
    refusals.note(culprit, error);
    throw new CopyAnew(error.message);
  }
}

function blamed(refused: TargetRefused, given: readonly Belonging[]): Belonging | undefined {
  const { status, code, words } = refused;
  if (!STATUSES.has(status) || NOT_OF_HEADERS.test(code)) return undefined;
  const named = given.find(({ what }) => SIGNS[what]?.codes.test(code) || SIGNS[what]?.words.test(words));
  if (named || words !== '') return named;
  const suspects = SUSPECTS[code] ?? [];
  return suspects.flatMap((suspect) => given.filter(({ what }) => what === suspect))[0];
}
