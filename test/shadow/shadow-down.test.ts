import { describe, expect, it } from 'vitest';
import type { S3Filter } from '../../src/s3/message.js';
import { movingBucket } from './moving.js';

const LEASE_MS = 2_000;

/** Something that stands before a shadow which is down. */
const badGateway: S3Filter = () => async () => ({ status: 502, headers: {} });

describe('a shadow that is down and no longer written', () => {
  it.each([
    ['was written', 'object', {}],
    ['was deleted', undefined, { deletes: 'pending' }],
  ] as const)('bars no key on which a write was left when it %s', async (_, object, options) => {
    const moving = await movingBucket({ rung: 'exclusive', leaseMs: LEASE_MS, onShadow: badGateway });
    if (object) await moving.target.put('k', object);
    const { id } = await moving.ledger.openIntent('k', 'exclusive', options);
    moving.pass(LEASE_MS + 1);
    moving.bucket.startRecovery();
    const ids = async () => (await moving.ledger.record('k')).intents.map((intent) => intent.id);
    await expect.poll(ids).not.toContain(id);
    await expect.poll(ids).toEqual([]);
  });
});
