import type { HeaderFields, S3Service } from '../../s3/message.js';
import { type Acl, type Grant, readAcl } from '../../s3/xml/acl.js';
import { readError } from '../../s3/xml/error.js';
import { ask, isSuccess, readBody } from '../ask.js';
import type { AskedOnce } from './asked-once.js';
import type { Found } from './belongings.js';
import { CopyFailed } from './copy-outcome.js';

const GROUPS = 'http://acs.amazonaws.com/groups/global/';
const GRANT_HEADERS: Readonly<Record<string, string>> = {
  FULL_CONTROL: 'x-amz-grant-full-control',
  READ: 'x-amz-grant-read',
  READ_ACP: 'x-amz-grant-read-acp',
  WRITE_ACP: 'x-amz-grant-write-acp',
};

/** AWS, "Canned ACL": those that grant something to a group, beside the owner's full control. */
const CANNED: Readonly<Record<string, string>> = {
  [`READ ${GROUPS}AllUsers`]: 'public-read',
  [`READ ${GROUPS}AuthenticatedUsers`]: 'authenticated-read',
};

const NO_ACLS = new Set(['NotImplemented', 'AccessControlListNotSupported', 'MethodNotAllowed']);

/** The owner of the target's bucket, and so of the copies: the canonical user id; '' where the target tells none. @throws CopyFailed, BackendUnavailable */
export async function ownerOf(target: S3Service, signal: AbortSignal): Promise<string> {
  const acl = await readAclOf(target, '', signal);
  return 'refused' in acl ? '' : acl.owner;
}

/** The grants of the source, its owner's being those of the owner of the copy. What every object has, full control of its owner, is not sent. */
export async function aclBelonging(
  { shadow, owner }: { readonly shadow: S3Service; readonly owner: AskedOnce<string> },
  key: string,
  signal: AbortSignal,
): Promise<Found[]> {
  const acl = await readAclOf(shadow, key, signal);
  if ('refused' in acl) return [{ what: 'acl', reason: `the shadow tells no ACL: ${acl.refused}` }];
  const grants = acl.grants.filter((grant) => !isOwnFullControl(grant, acl));
  if (grants.length === 0) return [];
  const headers = cannedAcl(grants, acl) ?? grantHeaders(acl, await owner.value(signal));
  return [{ what: 'acl', variant: JSON.stringify(headers), headers }];
}

const isOwnFullControl = ({ grantee, permission }: Grant, { owner }: Acl): boolean =>
  permission === 'FULL_CONTROL' && grantee.by === 'id' && grantee.value === owner;

function cannedAcl(grants: readonly Grant[], acl: Acl): HeaderFields | undefined {
  const [grant, ...others] = grants;
  if (!grant || others.length > 0 || acl.grants.length !== 2) return undefined;
  const canned = CANNED[`${grant.permission} ${grant.grantee.value}`];
  return canned === undefined ? undefined : { 'x-amz-acl': canned };
}

/** AWS, "x-amz-grant-*": a list of `type="value"` for each permission. */
function grantHeaders({ owner, grants }: Acl, targetOwner: string): HeaderFields {
  const lists: Record<string, string[]> = {};
  for (const { grantee, permission } of grants) {
    const isOwner = grantee.by === 'id' && grantee.value === owner;
    const header = GRANT_HEADERS[permission];
    const value = isOwner ? targetOwner : grantee.value;
    if (header === undefined || value === '') continue;
    const list = lists[header] ?? [];
    lists[header] = [...list, `${grantee.by}="${value}"`];
  }
  return Object.fromEntries(Object.entries(lists).map(([header, list]) => [header, list.join(', ')]));
}

/** @throws CopyFailed when the store refuses for another reason than that it has no ACLs */
async function readAclOf(
  store: S3Service,
  key: string,
  signal: AbortSignal,
): Promise<Acl | { readonly refused: string }> {
  const operation = key === '' ? 'GetBucketAcl' : 'GetObjectAcl';
  const answer = await store(ask(operation, { key, query: [['acl', '']], signal }));
  const body = (await readBody(answer)).toString('utf8');
  if (isSuccess(answer)) return readAcl(body);
  const code = readError(body)?.code ?? '';
  if (NO_ACLS.has(code)) return { refused: `${answer.status} ${code}` };
  throw new CopyFailed(`ACL not readable: status ${answer.status} ${code}`.trimEnd());
}
