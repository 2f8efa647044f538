import { z } from 'zod';
import { S3Error } from '../errors.js';
import type { LengthRange } from '../payload/checks.js';

/** What a form has to meet (AWS, "POST policy"). */
export interface PostPolicy {
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
  readonly conditions: readonly FieldCondition[];
  /** Bytes of the file; undefined where the policy does not say. */
  readonly lengthRange: LengthRange | undefined;
}

/** A condition on one field. */
export interface FieldCondition {
  readonly operator: 'eq' | 'starts-with';
  /** As the policy spells it, with its `$`. */
  readonly variable: string;
  readonly value: string;
}

const LENGTH_RANGE = 'content-length-range';

const documentSchema = z.object({
  expiration: z.iso.datetime({
    error: ({ input }) =>
      input === undefined ? 'Policy missing expiration.' : `Invalid 'expiration' value: '${input}'`,
  }),
  conditions: z.array(z.union([z.record(z.string(), z.unknown()), z.array(z.unknown())]), {
    error: ({ input }) =>
      input === undefined ? 'Policy missing conditions.' : "Invalid 'conditions' value: must be a List.",
  }),
});

const bound = z
  .union([z.int(), z.stringFormat('integer', /^\d{1,15}$/).transform(Number)])
  .pipe(z.int().min(0));
const lengthRangeSchema = z.tuple([bound, bound]);

/**
 * Reads the policy of a form: base64 of a JSON document with an expiration and conditions on fields, exact or by prefix, and
 * on the length of the file.
 *
 * Throws S3Error InvalidPolicyDocument.
 */
export function readPolicy(base64: string): PostPolicy {
  const { data, error } = documentSchema.safeParse(parseJson(Buffer.from(base64, 'base64').toString('utf8')));
  if (error) throw invalidPolicy(error.issues[0]?.message ?? 'Invalid JSON.');
  const conditions = data.conditions.map(toArray);
  const isRange = ([operator]: readonly unknown[]) => operator === LENGTH_RANGE;
  return {
    expiresAt: Date.parse(data.expiration),
    conditions: conditions.filter((condition) => !isRange(condition)).map(fieldCondition),
    lengthRange: narrowest(conditions.filter(isRange).map(lengthRange)),
  };
}

/** AWS escapes a dollar sign and a vertical tab too, which JSON does not ("Character escaping"). */
function parseJson(text: string): unknown {
  const json = text.replace(/\\(.)/gs, (pair, character: string) => BEYOND_JSON[character] ?? pair);
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw invalidPolicy('Invalid JSON.', cause);
  }
}

const BEYOND_JSON: Readonly<Record<string, string | undefined>> = { $: '$', v: '\\u000b' };

/** `{"acl": "private"}` is `["eq", "$acl", "private"]`. Operators are read in any letter case. */
function toArray(condition: readonly unknown[] | Readonly<Record<string, unknown>>): readonly unknown[] {
  if (isArray(condition)) {
    const [operator, ...operands] = condition;
    return [typeof operator === 'string' ? operator.toLowerCase() : operator, ...operands];
  }
  const [only, ...others] = Object.entries(condition);
  if (!only || others.length > 0) {
    throw invalidPolicy(
      'Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.',
    );
  }
  const [name, value] = only;
  if (typeof value !== 'string') throw invalidPolicy('Invalid Simple-Condition: value must be a string.');
  return ['eq', `$${name}`, value];
}

const isArray: (value: unknown) => value is readonly unknown[] = Array.isArray;

function fieldCondition([operator, variable, value, ...others]: readonly unknown[]): FieldCondition {
  if (operator === undefined) throw invalidPolicy('Invalid Condition: missing operation identifier.');
  if (operator !== 'eq' && operator !== 'starts-with') {
    throw invalidPolicy(`Invalid Condition: unknown operation '${operator}'.`);
  }
  if (typeof variable !== 'string' || typeof value !== 'string' || others.length > 0) {
    throw invalidPolicy(`Invalid ${operator}: expecting a field and a value, both strings.`);
  }
  return { operator, variable, value };
}

function lengthRange([, ...bounds]: readonly unknown[]): LengthRange {
  const { data, error } = lengthRangeSchema.safeParse(bounds);
  if (error) throw invalidPolicy(`Invalid ${LENGTH_RANGE}: expecting two numbers of bytes.`);
  const [min, max] = data;
  return { min, max };
}

/** All of them have to hold. */
const narrowest = (ranges: readonly LengthRange[]): LengthRange | undefined =>
  ranges.length === 0
    ? undefined
    : {
        min: Math.max(...ranges.map(({ min }) => min)),
        max: Math.min(...ranges.map(({ max }) => max)),
      };

function invalidPolicy(reason: string, cause?: unknown): S3Error {
  return new S3Error('InvalidPolicyDocument', `Invalid Policy: ${reason}`, { cause });
}
