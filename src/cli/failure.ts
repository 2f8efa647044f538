/** Exit codes: a script can tell a refusal from a command that was wrongly put, and from one that was broken off (as shells have it for SIGINT). */
export const EXIT = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/** Ends the command with one line `error: …` on stderr. */
export class CliError extends Error {
  override readonly name: string = 'CliError';
  readonly exitCode: number = EXIT.failed;
}

/** The command was wrongly put; nothing was asked of the gateway. */
export class UsageError extends CliError {
  override readonly name = 'UsageError';
  override readonly exitCode = EXIT.usage;
}

/** The reader wants no more. */
export class Interrupted extends CliError {
  override readonly name = 'Interrupted';
  override readonly exitCode = EXIT.interrupted;
}
