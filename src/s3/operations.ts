import type { S3Error } from './errors.js';
import type { HeaderFields, QueryParameter } from './fields.js';
import { invalidArgument } from './invalid-argument.js';

/** What a key of a bucket may do: read objects and listings, write objects, or configure the bucket. */
export type Access = 'read' | 'write' | 'admin';

interface OperationRow {
  readonly resource: 'service' | 'bucket' | 'object';
  readonly method: string;
  readonly access: Access;
  /** Query parameters that must be there; the first is the sub-resource. */
  readonly query: readonly string[];
  /** A header field that must be there. */
  readonly header?: string;
}

const COPY_SOURCE = 'x-amz-copy-source';

/** `query` is as in a URL: the sub-resource, then what else must be there, joined with `&`. */
function row(resource: OperationRow['resource']) {
  return (method: string, access: Access, query?: string): OperationRow => ({
    resource,
    method,
    access,
    query: query?.split('&') ?? [],
  });
}

const service = row('service');
const bucket = row('bucket');
const object = row('object');

/**
 * Every operation of the S3 API on buckets and objects, and what tells it from the others.
 * Source: AWS, S3 API reference, "Actions"; PostObject is the browser form, Preflight the CORS question.
 */
export const OPERATIONS = {
  // The service
  ListBuckets: service('GET', 'read'),

  // Objects
  GetObject: object('GET', 'read'),
  HeadObject: object('HEAD', 'read'),
  PutObject: object('PUT', 'write'),
  CopyObject: { ...object('PUT', 'write'), header: COPY_SOURCE },
  DeleteObject: object('DELETE', 'write'),
  GetObjectAttributes: object('GET', 'read', 'attributes'),
  GetObjectTagging: object('GET', 'read', 'tagging'),
  PutObjectTagging: object('PUT', 'write', 'tagging'),
  DeleteObjectTagging: object('DELETE', 'write', 'tagging'),
  GetObjectAcl: object('GET', 'admin', 'acl'),
  PutObjectAcl: object('PUT', 'admin', 'acl'),
  GetObjectLegalHold: object('GET', 'read', 'legal-hold'),
  PutObjectLegalHold: object('PUT', 'write', 'legal-hold'),
  GetObjectRetention: object('GET', 'read', 'retention'),
  PutObjectRetention: object('PUT', 'write', 'retention'),
  GetObjectTorrent: object('GET', 'read', 'torrent'),
  GetObjectAnnotation: object('GET', 'read', 'annotation&annotationName'),
  ListObjectAnnotations: object('GET', 'read', 'annotation'),
  PutObjectAnnotation: object('PUT', 'write', 'annotation'),
  DeleteObjectAnnotation: object('DELETE', 'write', 'annotation'),
  RenameObject: object('PUT', 'write', 'renameObject'),
  RestoreObject: object('POST', 'write', 'restore'),
  SelectObjectContent: object('POST', 'read', 'select'),
  UpdateObjectEncryption: object('PUT', 'write', 'encryption'),
  Preflight: object('OPTIONS', 'read'),

  // Multipart uploads
  CreateMultipartUpload: object('POST', 'write', 'uploads'),
  UploadPart: object('PUT', 'write', 'uploadId&partNumber'),
  UploadPartCopy: { ...object('PUT', 'write', 'uploadId&partNumber'), header: COPY_SOURCE },
  CompleteMultipartUpload: object('POST', 'write', 'uploadId'),
  AbortMultipartUpload: object('DELETE', 'write', 'uploadId'),
  ListParts: object('GET', 'read', 'uploadId'),
  ListMultipartUploads: bucket('GET', 'read', 'uploads'),

  // Buckets and their listings
  CreateBucket: bucket('PUT', 'admin'),
  DeleteBucket: bucket('DELETE', 'admin'),
  HeadBucket: bucket('HEAD', 'read'),
  ListObjects: bucket('GET', 'read'),
  ListObjectsV2: bucket('GET', 'read', 'list-type'),
  ListObjectVersions: bucket('GET', 'read', 'versions'),
  DeleteObjects: bucket('POST', 'write', 'delete'),
  PostObject: bucket('POST', 'write'),
  CreateSession: bucket('GET', 'admin', 'session'),

  // Bucket configuration
  GetBucketAbac: bucket('GET', 'admin', 'abac'),
  PutBucketAbac: bucket('PUT', 'admin', 'abac'),
  GetBucketAccelerateConfiguration: bucket('GET', 'admin', 'accelerate'),
  PutBucketAccelerateConfiguration: bucket('PUT', 'admin', 'accelerate'),
  GetBucketAcl: bucket('GET', 'admin', 'acl'),
  PutBucketAcl: bucket('PUT', 'admin', 'acl'),
  GetBucketAnalyticsConfiguration: bucket('GET', 'admin', 'analytics&id'),
  ListBucketAnalyticsConfigurations: bucket('GET', 'admin', 'analytics'),
  PutBucketAnalyticsConfiguration: bucket('PUT', 'admin', 'analytics'),
  DeleteBucketAnalyticsConfiguration: bucket('DELETE', 'admin', 'analytics'),
  GetBucketCors: bucket('GET', 'admin', 'cors'),
  PutBucketCors: bucket('PUT', 'admin', 'cors'),
  DeleteBucketCors: bucket('DELETE', 'admin', 'cors'),
  GetBucketEncryption: bucket('GET', 'admin', 'encryption'),
  PutBucketEncryption: bucket('PUT', 'admin', 'encryption'),
  DeleteBucketEncryption: bucket('DELETE', 'admin', 'encryption'),
  GetBucketIntelligentTieringConfiguration: bucket('GET', 'admin', 'intelligent-tiering&id'),
  ListBucketIntelligentTieringConfigurations: bucket('GET', 'admin', 'intelligent-tiering'),
  PutBucketIntelligentTieringConfiguration: bucket('PUT', 'admin', 'intelligent-tiering'),
  DeleteBucketIntelligentTieringConfiguration: bucket('DELETE', 'admin', 'intelligent-tiering'),
  GetBucketInventoryConfiguration: bucket('GET', 'admin', 'inventory&id'),
  ListBucketInventoryConfigurations: bucket('GET', 'admin', 'inventory'),
  PutBucketInventoryConfiguration: bucket('PUT', 'admin', 'inventory'),
  DeleteBucketInventoryConfiguration: bucket('DELETE', 'admin', 'inventory'),
  GetBucketLifecycleConfiguration: bucket('GET', 'admin', 'lifecycle'),
  PutBucketLifecycleConfiguration: bucket('PUT', 'admin', 'lifecycle'),
  DeleteBucketLifecycle: bucket('DELETE', 'admin', 'lifecycle'),
  GetBucketLocation: bucket('GET', 'read', 'location'),
  GetBucketLogging: bucket('GET', 'admin', 'logging'),
  PutBucketLogging: bucket('PUT', 'admin', 'logging'),
  CreateBucketMetadataConfiguration: bucket('POST', 'admin', 'metadataConfiguration'),
  GetBucketMetadataConfiguration: bucket('GET', 'admin', 'metadataConfiguration'),
  DeleteBucketMetadataConfiguration: bucket('DELETE', 'admin', 'metadataConfiguration'),
  CreateBucketMetadataTableConfiguration: bucket('POST', 'admin', 'metadataTable'),
  GetBucketMetadataTableConfiguration: bucket('GET', 'admin', 'metadataTable'),
  DeleteBucketMetadataTableConfiguration: bucket('DELETE', 'admin', 'metadataTable'),
  UpdateBucketMetadataAnnotationTableConfiguration: bucket('PUT', 'admin', 'metadataAnnotationTable'),
  UpdateBucketMetadataInventoryTableConfiguration: bucket('PUT', 'admin', 'metadataInventoryTable'),
  UpdateBucketMetadataJournalTableConfiguration: bucket('PUT', 'admin', 'metadataJournalTable'),
  GetBucketMetricsConfiguration: bucket('GET', 'admin', 'metrics&id'),
  ListBucketMetricsConfigurations: bucket('GET', 'admin', 'metrics'),
  PutBucketMetricsConfiguration: bucket('PUT', 'admin', 'metrics'),
  DeleteBucketMetricsConfiguration: bucket('DELETE', 'admin', 'metrics'),
  GetBucketNotificationConfiguration: bucket('GET', 'admin', 'notification'),
  PutBucketNotificationConfiguration: bucket('PUT', 'admin', 'notification'),
  GetObjectLockConfiguration: bucket('GET', 'read', 'object-lock'),
  PutObjectLockConfiguration: bucket('PUT', 'admin', 'object-lock'),
  GetBucketOwnershipControls: bucket('GET', 'admin', 'ownershipControls'),
  PutBucketOwnershipControls: bucket('PUT', 'admin', 'ownershipControls'),
  DeleteBucketOwnershipControls: bucket('DELETE', 'admin', 'ownershipControls'),
  GetBucketPolicy: bucket('GET', 'admin', 'policy'),
  PutBucketPolicy: bucket('PUT', 'admin', 'policy'),
  DeleteBucketPolicy: bucket('DELETE', 'admin', 'policy'),
  GetBucketPolicyStatus: bucket('GET', 'admin', 'policyStatus'),
  GetPublicAccessBlock: bucket('GET', 'admin', 'publicAccessBlock'),
  PutPublicAccessBlock: bucket('PUT', 'admin', 'publicAccessBlock'),
  DeletePublicAccessBlock: bucket('DELETE', 'admin', 'publicAccessBlock'),
  GetBucketReplication: bucket('GET', 'admin', 'replication'),
  PutBucketReplication: bucket('PUT', 'admin', 'replication'),
  DeleteBucketReplication: bucket('DELETE', 'admin', 'replication'),
  GetBucketRequestPayment: bucket('GET', 'admin', 'requestPayment'),
  PutBucketRequestPayment: bucket('PUT', 'admin', 'requestPayment'),
  GetBucketTagging: bucket('GET', 'admin', 'tagging'),
  PutBucketTagging: bucket('PUT', 'admin', 'tagging'),
  DeleteBucketTagging: bucket('DELETE', 'admin', 'tagging'),
  GetBucketVersioning: bucket('GET', 'read', 'versioning'),
  PutBucketVersioning: bucket('PUT', 'admin', 'versioning'),
  GetBucketWebsite: bucket('GET', 'admin', 'website'),
  PutBucketWebsite: bucket('PUT', 'admin', 'website'),
  DeleteBucketWebsite: bucket('DELETE', 'admin', 'website'),
} satisfies Record<string, OperationRow>;

/** `Unknown` is what the table has no row for. */
export type OperationName = keyof typeof OPERATIONS | 'Unknown';

/** What a request must be allowed to do; what is unknown may do anything, so it needs most. */
export function accessOf(operation: OperationName): Access {
  return operation === 'Unknown' ? 'admin' : OPERATIONS[operation].access;
}

interface Candidate extends OperationRow {
  readonly name: keyof typeof OPERATIONS;
}

const SUB_RESOURCES = { service: new Set<string>(), bucket: new Set<string>(), object: new Set<string>() };
const CANDIDATES = new Map<string, Candidate[]>();

for (const name of Object.keys(OPERATIONS) as (keyof typeof OPERATIONS)[]) {
  const candidate: Candidate = { name, ...OPERATIONS[name] };
  const subResource = candidate.query[0] ?? '';
  const index = `${candidate.resource} ${candidate.method} ${subResource}`;
  if (subResource) SUB_RESOURCES[candidate.resource].add(subResource);
  CANDIDATES.set(index, [...(CANDIDATES.get(index) ?? []), candidate].sort(byConditions));
}

/** The more conditions a row has, the earlier it is tried: UploadPartCopy before UploadPart. */
function byConditions(a: Candidate, b: Candidate): number {
  return conditions(b) - conditions(a);
}

function conditions({ query, header }: Candidate): number {
  return query.length + (header ? 1 : 0);
}

export interface OperationSource {
  readonly method: string;
  readonly bucket: string;
  readonly key: string;
  readonly query: readonly QueryParameter[];
  readonly headers: HeaderFields;
}

/**
 * Which operation a request is. Throws InvalidArgument when the query names two sub-resources: the store behind
 * might choose the other one than was authorised.
 */
export function operationOf(request: OperationSource): OperationName {
  if (request.method === 'OPTIONS') return 'Preflight';
  const resource = request.key !== '' ? 'object' : request.bucket !== '' ? 'bucket' : 'service';
  const subResource = subResourceOf(request.query, SUB_RESOURCES[resource]);
  if (!subResource && resource === 'bucket' && changesSomethingElse(request)) return 'Unknown';
  const candidates = CANDIDATES.get(`${resource} ${request.method} ${subResource}`);
  return candidates?.find((candidate) => holds(candidate, request))?.name ?? 'Unknown';
}

/** A sub-resource that is newer than this table must not be taken for the bucket itself, which a DELETE would remove. */
function changesSomethingElse({ method, query }: OperationSource): boolean {
  return method !== 'GET' && method !== 'HEAD' && query.some(([name]) => name !== 'x-id');
}

function subResourceOf(query: readonly QueryParameter[], known: ReadonlySet<string>): string {
  let found = '';
  for (const [name] of query) {
    if (!known.has(name) || name === found) continue;
    if (found) throw conflictingSubResources(found, name);
    found = name;
  }
  return found;
}

function conflictingSubResources(first: string, second: string): S3Error {
  return invalidArgument('ResourceType', second, `Conflicting query string parameters: ${first}, ${second}`);
}

function holds({ query, header }: Candidate, request: OperationSource): boolean {
  if (header && request.headers[header] === undefined) return false;
  return query.every((name) => request.query.some((parameter) => parameter[0] === name));
}
