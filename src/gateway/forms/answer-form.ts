import { discard } from '../../s3/body.js';
import type { S3Response } from '../../s3/message.js';
import type { FormFields } from '../../s3/post/form-fields.js';
import { type PostResult, writePostResponse } from '../../s3/xml/post-response.js';

/**
 * The answer to a form, made of the answer to the PutObject that it stands for: a redirect with bucket, key and ETag in its
 * query, a document, or nothing (AWS, "HTML form fields": success_action_redirect, success_action_status). Errors stay
 * what they are.
 */
export function answerForm(
  answer: S3Response,
  fields: FormFields,
  stored: Omit<PostResult, 'etag'>,
): S3Response {
  if (answer.status !== 200) return answer;
  discard(answer.body);
  const result = { ...stored, etag: answer.headers.etag ?? '' };
  const { 'content-length': _, 'content-type': __, ...kept } = answer.headers;
  const headers = { ...kept, location: result.location };
  const redirect = redirectTo(fields, result);
  if (redirect !== undefined) return { status: 303, headers: { ...headers, location: redirect } };
  const status = fields.get('success_action_status');
  if (status === '201') return withDocument(headers, writePostResponse(result));
  return { status: status === '200' ? 200 : 204, headers };
}

/** What is no URL of a page counts as not said. */
function redirectTo(fields: FormFields, { bucket, key, etag }: PostResult): string | undefined {
  const url = fields.get('success_action_redirect') ?? fields.get('redirect');
  if (url === undefined || !/^https?:\/\//i.test(url) || !URL.canParse(url)) return undefined;
  const redirect = new URL(url);
  const query = new URLSearchParams({ bucket, key, etag }).toString();
  redirect.search = redirect.search === '' ? query : `${redirect.search}&${query}`;
  return redirect.href;
}

function withDocument(headers: S3Response['headers'], xml: string): S3Response {
  const body = Buffer.from(xml);
  const described = { 'content-type': 'application/xml', 'content-length': String(body.length) };
  return { status: 201, headers: { ...headers, ...described }, body };
}
