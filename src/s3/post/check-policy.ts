import { S3Error } from '../errors.js';
import type { FormFields } from './form-fields.js';
import type { FieldCondition, PostPolicy } from './policy.js';

export interface PostedForm {
  readonly fields: FormFields;
  /** By the URL: a field of this name counts for nothing. */
  readonly bucket: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** They need no condition (AWS, "POST policy"): the signature covers the policy, and the policy cannot tell of itself. */
const NEED_NO_CONDITION = new Set(['x-amz-signature', 'policy', 'file']);
const IGNORED = 'x-ignore-';

/**
 * Throws S3Error AccessDenied unless the form is in time, meets every condition of its policy on fields, and has no field
 * that none of them is about. The length of the file is for who reads it.
 */
export function assertPolicy(policy: PostPolicy, form: PostedForm): void {
  if (form.now > policy.expiresAt) throw denied('Policy expired.');
  const failed = policy.conditions.find((condition) => !holds(condition, form));
  if (failed) throw denied(`Policy Condition failed: ${written(failed)}`);
  const covered = new Set(policy.conditions.map(fieldOf));
  const extra = [...form.fields.keys()].filter(
    (name) => !covered.has(name) && !NEED_NO_CONDITION.has(name) && !name.startsWith(IGNORED),
  );
  if (extra.length > 0) throw denied(`Extra input fields: ${extra.join(', ')}`);
}

/** A field that the form does not have is empty. */
function holds(condition: FieldCondition, { fields, bucket }: PostedForm): boolean {
  const name = fieldOf(condition);
  if (name === undefined) return false;
  const value = name === 'bucket' ? bucket : (fields.get(name) ?? '');
  if (condition.operator === 'eq') return value === condition.value;
  const items = name === 'content-type' ? value.split(',').map((item) => item.trim()) : [value];
  return items.every((item) => item.startsWith(condition.value));
}

/** In lower case; undefined for what is no name of a field. */
const fieldOf = ({ variable }: FieldCondition): string | undefined =>
  variable.startsWith('$') ? variable.slice(1).toLowerCase() : undefined;

const written = ({ operator, variable, value }: FieldCondition): string =>
  `[${[operator, variable, value].map((text) => JSON.stringify(text)).join(', ')}]`;

const denied = (reason: string): S3Error =>
  new S3Error('AccessDenied', `Invalid according to Policy: ${reason}`);
