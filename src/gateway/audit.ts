import type { AuditEntry, AuditEvent, AuditLog } from '../state/audit-log.js';
import type { Logger } from '../system/logger.js';

/** How an action ended. */
export type Ending = Pick<AuditEntry, 'outcome' | 'reason' | 'object' | 'change'>;

/** What gateways write to the audit log. An entry that cannot be written is told in the log, and keeps nobody from acting. */
export interface Audit extends Pick<AuditLog, 'page'> {
  /** An action is about to be tried. Resolves to what is to be told of its end. */
  begin(event: Omit<AuditEvent, 'outcome'>): Promise<(ending: Ending) => Promise<void>>;
  /** Of an action that is over. */
  note(event: AuditEvent): Promise<void>;
  /** Of what a gateway has done by itself. */
  noteOwn(event: Omit<AuditEvent, 'actor' | 'address' | 'outcome'>): Promise<void>;
}

export interface AuditOptions {
  readonly entries: AuditLog;
  /** The id of this gateway. */
  readonly gateway: string;
  readonly log: Pick<Logger, 'error'>;
}

export function createAudit({ entries, gateway, log }: AuditOptions): Audit {
  const untold = (event: Partial<AuditEvent>) => (error: unknown) => {
    const { actor, action, bucket, object, outcome } = event;
    log.error({ err: error, actor, action, bucket, object, outcome }, 'an action is not in the audit log');
  };
  const note = async (event: AuditEvent) => {
    await entries.append(event).catch(untold(event));
  };
  return {
    page: (query) => entries.page(query),
    async begin(event) {
      const begun: AuditEvent = { ...event, outcome: 'begun' };
      const id = await entries.append(begun).catch(untold(begun));
      return async (ending) => {
        const ended = { ...event, ...ending };
        if (id === undefined) await note(ended);
        else await entries.amend(id, ending).catch(untold(ended));
      };
    },
    note,
    noteOwn: (event) => note({ ...event, actor: `system:${gateway}`, outcome: 'done' }),
  };
}
