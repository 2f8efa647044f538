/** The custom error of a zod schema (zod 4, `error` parameter). */
export interface RuleError {
  readonly error: (issue: { readonly input?: unknown }) => string;
}

const MAX_SHOWN = 200;

/** A message with the value that was given and what is allowed in its place. */
export function mustBe(rule: string): RuleError {
  return { error: ({ input }) => (input === undefined ? missing(rule) : `${shown(input)} must be ${rule}`) };
}

/** As mustBe, for a value that must not show. */
export function secretMustBe(rule: string): RuleError {
  return { error: ({ input }) => (input === undefined ? missing(rule) : `must be ${rule}`) };
}

function missing(rule: string): string {
  return `is missing: it must be ${rule}`;
}

function shown(input: unknown): string {
  return JSON.stringify(input).slice(0, MAX_SHOWN);
}
