import type { Client } from './client.js';

/** For a moment, or until what dead gateways held has run out. */
export function rest(client: Client): Promise<void> {
  const { random, scheduler } = client.surroundings.weather;
  return scheduler.sleep(random.pick([1_000, 30_000, 200_000]));
}
