import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../system/clock.js';
import type { Kv } from './kv.js';
import { RecordStore, untilDone } from './record-store.js';

export const TOKEN_ROLES = ['admin', 'read'] as const;

const tokenRecord = z.object({
  id: z.string(),
  /** What it is for, in the words of who made it. */
  name: z.string(),
  /** `read`: it may look, and change nothing. */
  role: z.enum(TOKEN_ROLES),
  /** SHA-256 of the secret, in hex: it has 256 random bits, which cannot be guessed. */
  hash: z.string(),
  /** ISO 8601. */
  createdAt: z.string(),
  /** ISO 8601; null for one that holds until it is revoked. */
  expiresAt: z.string().nullable(),
});

export type AdminToken = z.infer<typeof tokenRecord>;

/** Tells a token from other secrets, to people and to those who search for leaked ones. */
const PREFIX = 'pnbrt';
const FORM = new RegExp(`^${PREFIX}_([0-9a-f]{16})_([A-Za-z0-9_-]{43})$`);
const ID_BYTES = 8;
const SECRET_BYTES = 32;

export interface NewToken extends Pick<AdminToken, 'name' | 'role'> {
  /** Milliseconds; undefined for one that holds until it is revoked. */
  readonly expiresIn: number | undefined;
}

/** Bearer tokens of machines (RFC 6750), of which only hashes are kept. */
export class AdminTokenStore extends RecordStore<AdminToken> {
  constructor(
    kv: Kv,
    private readonly clock: Clock,
  ) {
    super(kv, {
      space: 'admin-token',
      names: /^[0-9a-f]{16}$/,
      schema: tokenRecord,
      nameOf: ({ id }) => id,
      sealed: (record) => record,
      opened: (record) => record,
    });
  }

  /** Resolves to the record and, this once, to the token itself. */
  async create({ name, role, expiresIn }: NewToken): Promise<{ record: AdminToken; token: string }> {
    const id = randomBytes(ID_BYTES).toString('hex');
    const secret = randomBytes(SECRET_BYTES).toString('base64url');
    const now = this.clock.now();
    const record: AdminToken = {
      id,
      name,
      role,
      hash: hashOf(secret).toString('hex'),
      createdAt: new Date(now).toISOString(),
      expiresAt: expiresIn === undefined ? null : new Date(now + expiresIn).toISOString(),
    };
    const set = { key: this.keyOf(id), value: this.encode(record) };
    await this.commit(id, { sets: [expiresIn === undefined ? set : { ...set, expireIn: expiresIn }] });
    return { record, token: `${PREFIX}_${id}_${secret}` };
  }

  /** The record of a token that holds. Takes the same time wherever its secret differs. */
  async verify(token: string): Promise<AdminToken | undefined> {
    const [, id = '', secret = ''] = FORM.exec(token) ?? [];
    const record = await this.get(id);
    if (!record || !timingSafeEqual(hashOf(secret), Buffer.from(record.hash, 'hex'))) return undefined;
    const isOver = record.expiresAt !== null && Date.parse(record.expiresAt) <= this.clock.now();
    return isOver ? undefined : record;
  }

  /** False when there is no such token. */
  async delete(id: string): Promise<boolean> {
    return untilDone(`token ${id}`, async () => {
      const found = await this.find(id);
      if (!found) return false;
      const key = this.keyOf(id);
      return (
        (await this.commit(id, { checks: [{ key, version: found.version }], deletes: [key] })) || 'retry'
      );
    });
  }
}

const hashOf = (secret: string): Buffer => createHash('sha256').update(secret).digest();
