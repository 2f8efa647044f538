import { GatewayLeases } from '../../state/gateway-leases.js';
import { createRegistry, type Registry, type RegistryOptions } from '../../state/registry.js';
import type { Logger } from '../../system/logger.js';
import type { ProcessMark } from '../../system/own-process.js';
import type { Times } from '../../system/times.js';
import { GatewayLease } from './lease.js';

export interface MembershipOptions extends RegistryOptions {
  /** No other gateway, nor this one before it was started anew, has the same. */
  readonly id: string;
  readonly times: Times;
  readonly process?: ProcessMark | undefined;
  readonly log: Logger;
}

/** A gateway's place among those that serve from one state. */
export interface Membership {
  readonly leases: GatewayLeases;
  /** This gateway's own. */
  readonly lease: GatewayLease;
  readonly registry: Registry;
}

/**
 * Registers the gateway, then reads all that it serves by: in this order, so that whoever changes a setting later waits for this gateway
 * to follow. Throws KvUnavailable.
 */
export async function joinGateways({
  id,
  times,
  process,
  ...options
}: MembershipOptions): Promise<Membership> {
  const { kv, clock, log } = options;
  const leases = new GatewayLeases(kv, times);
  const lease = await GatewayLease.take({ id, leases, process, times, clock, log });
  try {
    const registry = await createRegistry(options);
    lease.keep(() => registry.reload());
    return { leases, lease, registry };
  } catch (error) {
    await lease.close({ release: true });
    throw error;
  }
}
