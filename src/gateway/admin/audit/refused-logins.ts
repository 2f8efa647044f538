import type { Clock } from '../../../system/clock.js';
import type { Audit, Ending } from '../../audit.js';

export interface RefusedLoginsOptions {
  readonly audit: Pick<Audit, 'begin'>;
  readonly clock: Clock;
}

/** Refused logins of so long are one entry, ms: whoever guesses must not push out what others did. */
const TOGETHER_MS = 600_000;
/** How often that entry is written anew, ms. */
const WRITE_MS = 5_000;
/** Addresses that are told. */
const MAX_ADDRESSES = 5;

interface Group {
  readonly addresses: Map<string, number>;
  readonly write: (ending: Ending) => Promise<void>;
  logins: number;
  writing: { cancel(): void } | undefined;
}

/** Logins that were refused, in numbers. */
export class RefusedLogins {
  #group: Promise<Group> | undefined;
  #since = 0;

  constructor(private readonly options: RefusedLoginsOptions) {}

  async note(address: string): Promise<void> {
    const { clock } = this.options;
    const group = await this.#groupNow();
    group.logins += 1;
    const isTold = group.addresses.has(address) || group.addresses.size < MAX_ADDRESSES;
    const told = isTold ? address : 'others';
    group.addresses.set(told, (group.addresses.get(told) ?? 0) + 1);
    if (group.logins === 1) await this.#write(group);
    else group.writing ??= clock.after(WRITE_MS, () => void this.#write(group));
  }

  /** The one that goes on, or a new one. */
  #groupNow(): Promise<Group> {
    const now = this.options.clock.now();
    if (this.#group === undefined || now - this.#since >= TOGETHER_MS) {
      this.#since = now;
      this.#group = this.#begin();
    }
    return this.#group;
  }

  async #begin(): Promise<Group> {
    const write = await this.options.audit.begin({ actor: 'unknown', action: 'login.refused' });
    return { addresses: new Map(), write, logins: 0, writing: undefined };
  }

  async #write(group: Group): Promise<void> {
    group.writing = undefined;
    const { logins, addresses } = group;
    await group.write({ outcome: 'refused', change: { logins, addresses: Object.fromEntries(addresses) } });
  }
}
