/** Exit codes: a script can tell a refusal from a command that was wrongly put. */
export const EXIT = { done: 0, failed: 1, usage: 2 } as const;

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
