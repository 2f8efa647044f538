import type { IncomingMessage, ServerResponse } from 'node:http';
import { assertKeyLength } from '../../s3/address.js';
import { S3Error } from '../../s3/errors.js';
import { invalidArgument } from '../../s3/invalid-argument.js';
import type { S3Request } from '../../s3/message.js';
import { verifiedBody } from '../../s3/payload/verified-body.js';
import { assertPolicy } from '../../s3/post/check-policy.js';
import { type FormFields, requiredField } from '../../s3/post/form-fields.js';
import { type PostPolicy, readPolicy } from '../../s3/post/policy.js';
import { putHeaders } from '../../s3/post/put-headers.js';
import type { Clock } from '../../system/clock.js';
import type { Authenticated, Authenticator } from '../authenticate.js';
import { askForBody } from '../request-body.js';
import { forwardedFields, type RequestHead } from '../request-head.js';
import { type PostForm, readForm } from './read-form.js';

export interface OpenFormOptions {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly head: RequestHead;
  readonly authenticator: Authenticator;
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

/** A form, and the PutObject that it stands for. */
export interface OpenForm {
  readonly sender: Authenticated;
  readonly fields: FormFields;
  readonly head: RequestHead;
  readonly request: S3Request;
}

const MULTIPART_FORM = /^multipart\/form-data\s*(?:;|$)/i;

/**
 * Reads a form up to its file, and checks its signature and its policy (AWS, "Browser-Based Uploads Using POST").
 *
 * Throws S3Error: PreconditionFailed (no form), AccessDenied (anonymous, or against its policy), and what readForm,
 * ofForm, readPolicy, putHeaders throw.
 */
export async function openForm(options: OpenFormOptions): Promise<OpenForm> {
  const { incoming, outgoing, head, authenticator, clock } = options;
  const contentType = head.fields['content-type'] ?? '';
  if (!MULTIPART_FORM.test(contentType)) throw noForm();
  askForBody(incoming, outgoing);
  const form = withFileName(await readForm(incoming, contentType, clock));
  const { fields } = form;
  const key = keyOf(fields);
  const sender = await authenticator.ofForm(fields);
  if (sender.identity.kind === 'anonymous') throw new S3Error('AccessDenied');
  const policy = readPolicy(requiredField(fields, 'Policy'));
  assertPolicy(policy, { fields, bucket: head.address.bucket, now: clock.now() });
  const put = putHead(head, key, fields);
  return { sender, fields, head: put, request: putRequest(form, { put, policy, signal: options.signal }) };
}

function putHead(head: RequestHead, key: string, fields: FormFields): RequestHead {
  const address = { ...head.address, key };
  return {
    ...head,
    method: 'PUT',
    operation: 'PutObject',
    address,
    fields: forwardedFields(putHeaders(fields)),
    query: [],
  };
}

interface PutParts {
  readonly put: RequestHead;
  readonly policy: PostPolicy;
  readonly signal: AbortSignal;
}

function putRequest({ file }: PostForm, { put, policy, signal }: PutParts): S3Request {
  const { operation, method, address, fields: headers, query } = put;
  const { body } = verifiedBody(file, {
    headers,
    verified: undefined,
    contentLength: undefined,
    lengthRange: policy.lengthRange,
  });
  return { operation, method, bucket: address.bucket, key: address.key, query, headers, body, signal };
}

const FILE_NAME = /\$\{filename\}/g;
const SIGNED = new Set(['policy', 'x-amz-signature']);

/** `${filename}` in a field stands for the name of the file; without one it stays (as AWS is seen to leave it). */
function withFileName(form: PostForm): PostForm {
  const { fileName } = form;
  if (fileName === undefined) return form;
  const filled = [...form.fields].map(([name, value]): [string, string] => [
    name,
    SIGNED.has(name) ? value : value.replace(FILE_NAME, () => fileName),
  ]);
  return { ...form, fields: new Map(filled) };
}

function keyOf(fields: FormFields): string {
  const key = requiredField(fields, 'key');
  if (key === '') throw invalidArgument('key', '', 'User key must have a length greater than 0.');
  assertKeyLength(key);
  return key;
}

const noForm = (): S3Error =>
  new S3Error('PreconditionFailed', undefined, {
    fields: { Condition: 'Bucket POST must be of the enclosure-type multipart/form-data' },
  });
