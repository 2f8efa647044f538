import { createHash, randomBytes } from 'node:crypto';
import type { Kv } from './kv.js';
import { hashPassword, matchesPassword } from './password.js';

/** How long a session lasts after the login, ms. */
const SESSION_MS = 12 * 3_600_000;
const PASSWORD_KEY = 'admin/password';

/** The admin password, of which only a hash is kept, and the sessions opened with it. */
export interface AdminSessions {
  /**
   * Makes `given` the password; without it a password is made when there is none yet, and returned this once.
   * Another password ends all sessions.
   */
  ensurePassword(options: { readonly given?: string }): Promise<string | undefined>;
  verifyPassword(password: string): Promise<boolean>;
  /** Resolves to the token of a new session. */
  open(): Promise<string>;
  isOpen(token: string): Promise<boolean>;
  close(token: string): Promise<void>;
}

export function createAdminSessions(kv: Kv): AdminSessions {
  async function verifyPassword(password: string): Promise<boolean> {
    const stored = await kv.get(PASSWORD_KEY);
    return stored !== null && matchesPassword(password, stored.value);
  }

  async function setPassword(password: string): Promise<void> {
    await kv.commit({ sets: [{ key: PASSWORD_KEY, value: await hashPassword(password) }] });
  }

  /** Of gateways that start together, one makes the password. */
  async function makePassword(): Promise<string | undefined> {
    if (await kv.get(PASSWORD_KEY)) return undefined;
    const password = randomBytes(18).toString('base64url');
    const sets = [{ key: PASSWORD_KEY, value: await hashPassword(password) }];
    const version = await kv.commit({ checks: [{ key: PASSWORD_KEY, version: null }], sets });
    return version === null ? undefined : password;
  }

  return {
    verifyPassword,
    async ensurePassword({ given }) {
      if (given === undefined) return makePassword();
      if (!(await verifyPassword(given))) await setPassword(given);
      return undefined;
    },
    async open() {
      const password = await kv.get(PASSWORD_KEY);
      const token = randomBytes(32).toString('base64url');
      await kv.commit({
        sets: [{ key: sessionKey(token), value: password?.version ?? '', expireIn: SESSION_MS }],
      });
      return token;
    },
    async isOpen(token) {
      const [session, password] = await kv.getMany([sessionKey(token), PASSWORD_KEY]);
      return session != null && session.value === password?.version;
    },
    async close(token) {
      await kv.commit({ deletes: [sessionKey(token)] });
    },
  };
}

/** Only a hash of the token is kept; the value is the version of the password that the session was opened with. */
const sessionKey = (token: string): string => `session/${createHash('sha256').update(token).digest('hex')}`;
