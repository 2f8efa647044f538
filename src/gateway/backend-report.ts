import { BackendUnavailable } from '../backends/backend.js';
import { S3Error } from '../s3/errors.js';
import { messageOf } from '../system/thrown.js';
import { connectionError } from './probe-refusal.js';
import { TargetRefused } from './scratch-object.js';

/** What is found out about a backend, in this order. */
export const CHECKS = [
  'reachable',
  'credentials',
  'list_buckets',
  'create_bucket',
  'write',
  'multipart',
  'server_side_copy',
  'conditional_put',
  'conditional_match',
  'conditional_complete',
  'conditional_copy',
  'trailing_checksums',
] as const;

export type CheckName = (typeof CHECKS)[number];

/** `ok` is null for what was not tried; the reason says why that, or why not. */
export interface Check {
  readonly ok: boolean | null;
  readonly reason: string | null;
}

export interface BackendReport {
  readonly checks: Readonly<Record<CheckName, Check>>;
  /** What could not be removed again, in words; null when all was. */
  readonly leftBehind: string | null;
}

/** Whether a backend can be used at all: what it lacks beside that costs speed, or is the affair of who made its key. */
export const isUsable = ({ checks }: BackendReport): boolean =>
  checks.reachable.ok === true && checks.credentials.ok !== false && checks.write.ok !== false;

/** The checks of one backend as they are made. */
export class BackendChecks {
  readonly #made = new Map<CheckName, Check>();

  /** What `action` resolves to, or throws, is the reason why not. */
  async attempt(name: CheckName, action: () => Promise<string | undefined>): Promise<boolean> {
    const reason = await action().catch(reasonOf);
    this.note(name, reason);
    return reason === undefined;
  }

  note(name: CheckName, whyNot: string | undefined): void {
    this.#made.set(name, { ok: whyNot === undefined, reason: whyNot ?? null });
  }

  skip(name: CheckName, why: string): void {
    this.#made.set(name, { ok: null, reason: `not tried: ${why}` });
  }

  /** All that was not tried by now. */
  skipRest(why: string): void {
    for (const name of CHECKS) if (!this.#made.has(name)) this.skip(name, why);
  }

  report(leftBehind: string | null): BackendReport {
    this.skipRest('a check before it failed');
    const inOrder = CHECKS.map((name) => [name, this.#made.get(name)]);
    return { checks: Object.fromEntries(inOrder), leftBehind };
  }
}

/** In words without secrets: what a store says in its own can quote a key. */
export function reasonOf(error: unknown): string {
  if (error instanceof TargetRefused) return `failed at ${error.doing}: ${error.code}`;
  if (error instanceof S3Error) return error.code;
  if (error instanceof BackendUnavailable && error.cause !== undefined) return connectionError(error);
  return messageOf(error).split('\n', 1)[0] ?? '';
}
