import { Client } from './client.js';
import type { Borne } from './load.js';

/** What one turn came to. */
export interface Turn {
  readonly ms: number;
  /** Of the bodies that were sent or received. */
  readonly bytes?: number;
}

/** The same act so many times, one after the other, each by the same client. */
export async function inTurn(times: number, act: (client: Client) => Promise<Turn>): Promise<Borne> {
  const client = new Client();
  const turns: Turn[] = [];
  try {
    for (let turn = 0; turn < times; turn += 1) turns.push(await act(client));
  } finally {
    client.close();
  }
  const all = turns.map(({ ms }) => ms).sort((a, b) => a - b);
  const percentile = (share: number) => all[Math.ceil(share * times) - 1] ?? Number.NaN;
  return {
    requests: times,
    seconds: all.reduce((sum, ms) => sum + ms, 0) / 1_000,
    bytes: turns.reduce((sum, { bytes = 0 }) => sum + bytes, 0),
    p50Ms: percentile(0.5),
    p99Ms: percentile(0.99),
  };
}
