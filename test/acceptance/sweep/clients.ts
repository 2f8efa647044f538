import { systemClock } from '../../../src/system/clock.js';
import type { StoreClient } from '../../support/store-client.js';
import type { Expectation } from './expectation.js';
import { bytesOf, type Content, md5Of } from './objects.js';

export interface Busy {
  /** Ends them, each after what it is at. Resolves to how many writes were carried out, how many may have been, and how many were told to come later. */
  end(): Promise<{ readonly acknowledged: number; readonly unanswered: number; readonly refused: number }>;
  /** What clients were shown that they must not see. */
  readonly wrong: readonly string[];
}

interface Work {
  /** The bucket, through each of its gateways. */
  readonly doors: readonly StoreClient[];
  readonly expectation: Expectation;
  /** What they write, overwrite, delete and read, besides what they make. */
  readonly keys: readonly string[];
  readonly clients: number;
}

/** Between two requests of a client, ms: it is to be in the way, not to be all that goes on. */
const PAUSE_MS = 40;

/** Clients that write, overwrite, delete and read until they are ended, each its own keys. */
export function keepBusy({ doors, expectation, keys, clients }: Work): Busy {
  const ending = new AbortController();
  const wrong: string[] = [];
  const count = { acknowledged: 0, unanswered: 0, refused: 0 };

  async function live(client: number): Promise<void> {
    const own = keys.filter((_, index) => index % clients === client);
    for (let step = 0; !ending.signal.aborted; step += 1) {
      const door = doors[(client + step) % doors.length];
      // Some keys are met again and again, others once.
      const key = own[(step * 7 + (step % 3) * 1_009) % own.length];
      if (door && key !== undefined) await act(door, key, { client, step });
      await systemClock.sleep(PAUSE_MS);
    }
  }

  async function act(door: StoreClient, key: string, { client, step }: { client: number; step: number }) {
    const content = { seed: 1_000_000 * (client + 1) + step, size: 1 + ((step * 131) % 6_000) };
    if (step % 5 === 0) await read(door, key);
    else if (step % 5 === 1) await write(door, key, null);
    else if (step % 5 === 2) await write(door, `new/${client}/${step}`, content);
    else await write(door, key, content);
  }

  async function write(door: StoreClient, key: string, content: Content | null): Promise<void> {
    const asked = content ? door.put(key, bytesOf(content)) : door.ask('DELETE', key);
    // Where there was no answer the request may have been carried out, too.
    const { status, text } = await asked.catch(() => ({ status: 503, text: '' }));
    if (text.includes('<Code>SlowDown</Code>')) {
      count.refused += 1;
      return;
    }
    if (status < 300) {
      expectation.settle(key, content);
      count.acknowledged += 1;
      return;
    }
    expectation.leaveOpen(key, content);
    count.unanswered += 1;
  }

  async function read(door: StoreClient, key: string): Promise<void> {
    const answer = await door.ask('GET', key).catch(() => undefined);
    if (!answer || answer.status >= 500) return;
    const md5 = answer.status === 404 ? undefined : md5Of(answer.body);
    if (!expectation.mayBe(key, md5)) wrong.push(`${key} was read as ${answer.status} ${md5}`);
  }

  const working = Promise.all(Array.from({ length: clients }, (_, client) => live(client)));
  return {
    wrong,
    async end() {
      ending.abort();
      await working;
      return count;
    },
  };
}
