import pLimit from 'p-limit';
import { RateLimiterMemory } from 'rate-limiter-flexible';

/** Wrong passwords that one address may send within a minute. */
const PER_ADDRESS = { keyPrefix: 'address', points: 5, duration: 60 };
/** Wrong passwords that all addresses together may send within a minute. */
const OVERALL = { keyPrefix: 'all', points: 100, duration: 60 };
/** Logins that may wait for their turn: hashing is slow on purpose. */
const MAX_WAITING = 100;

export type LoginOutcome =
  | { readonly outcome: 'right' | 'wrong' }
  | { readonly outcome: 'limited'; readonly retryAfterSeconds: number };

export interface LoginLimiter {
  /** Runs `verify` unless too many passwords were wrong of late. */
  attempt(address: string, verify: () => Promise<boolean>): Promise<LoginOutcome>;
}

/** Counts wrong passwords only, one login after the other, so that parallel guesses cannot slip past the count. */
export function createLoginLimiter(): LoginLimiter {
  const perAddress = new RateLimiterMemory(PER_ADDRESS);
  const overall = new RateLimiterMemory(OVERALL);
  const inTurn = pLimit(1);

  async function tryOnce(address: string, verify: () => Promise<boolean>): Promise<LoginOutcome> {
    const waitMs = Math.max(await timeToWait(perAddress, address), await timeToWait(overall, ''));
    if (waitMs > 0) return limited(waitMs);
    if (await verify()) return { outcome: 'right' };
    await Promise.all([perAddress.penalty(address), overall.penalty('')]);
    return { outcome: 'wrong' };
  }

  return {
    async attempt(address, verify) {
      if (inTurn.pendingCount >= MAX_WAITING) return limited(1000);
      return inTurn(tryOnce, address, verify);
    },
  };
}

function limited(waitMs: number): LoginOutcome {
  return { outcome: 'limited', retryAfterSeconds: Math.ceil(waitMs / 1000) };
}

/** Milliseconds until the key may try again; 0 when it may now. */
async function timeToWait(limiter: RateLimiterMemory, key: string): Promise<number> {
  const used = await limiter.get(key);
  return used !== null && (used.consumedPoints ?? 0) >= limiter.points ? (used.msBeforeNext ?? 0) : 0;
}
