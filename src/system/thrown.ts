/** What was thrown, which may be anything, as an Error. */
export const errorOf = (thrown: unknown): Error =>
  thrown instanceof Error ? thrown : new Error(String(thrown));

/** What was thrown, in words. */
export const messageOf = (thrown: unknown): string => errorOf(thrown).message;
