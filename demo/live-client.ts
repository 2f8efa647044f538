import { setTimeout as sleep } from 'node:timers/promises';
import type { BucketClient } from './client.js';
import { Mismatch } from './narrator.js';
import type { World } from './world.js';

export interface LiveCounts {
  reads: number;
  writes: number;
  deletes: number;
  listings: number;
}

const PAUSE_MS = 5;

/** A client that reads, writes, deletes and lists all the while, and checks every answer against what it may see. */
export class LiveClient {
  readonly counts: LiveCounts = { reads: 0, writes: 0, deletes: 0, listings: 0 };
  readonly #ended: Promise<void>;
  #stopped = false;
  #step = 0;

  constructor(
    private readonly client: BucketClient,
    private readonly world: World,
  ) {
    this.#ended = this.#run();
    // The failure is told to whoever stops the client; until then it only ends it.
    this.#ended.catch(() => undefined);
  }

  /** @throws Mismatch when an answer was wrong, or whatever a request failed with */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#ended;
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      this.#step += 1;
      await this.world.turn(() => this.#act());
      await sleep(PAUSE_MS);
    }
  }

  async #act(): Promise<void> {
    if (this.#step % 100 === 0) return this.#list();
    if (this.#step % 5 === 0) return this.#write();
    if (this.#step % 17 === 0) return this.#delete();
    return this.#read();
  }

  async #read(): Promise<void> {
    const { keys } = this.world;
    const key = keys[Math.floor(Math.random() * keys.length)];
    if (key === undefined) return;
    const found = await this.client.read(key);
    if (!this.world.agrees(key, found)) throw new Mismatch(`read of ${key} gave ${JSON.stringify(found)}`);
    this.counts.reads += 1;
  }

  /** New objects, and every other time new content for an old one. */
  async #write(): Promise<void> {
    const { keys } = this.world;
    const old = this.#step % 2 === 0 ? keys[this.#step % keys.length] : undefined;
    const key =
      old && (this.world.expected(old)?.size ?? 0) < 1024 * 1024 ? old : `live/object ${this.#step} 🌘`;
    const body = Buffer.from(`written while the bucket moves, step ${this.#step}\n`.repeat(this.#step % 50));
    await this.client.write(key, body);
    this.world.wrote(key, body);
    this.counts.writes += 1;
  }

  async #delete(): Promise<void> {
    const { keys } = this.world;
    const key = keys[(this.#step * 7) % keys.length];
    if (key === undefined || (this.world.expected(key)?.size ?? 0) > 1024 * 1024) return;
    await this.client.delete(key);
    this.world.deleted(key);
    const found = await this.client.read(key);
    if (found) throw new Mismatch(`${key} came back after it was deleted`);
    this.counts.deletes += 1;
  }

  async #list(): Promise<void> {
    const keys = await this.client.list();
    if (!this.world.isListedAs(keys)) {
      throw new Mismatch(`the listing has ${keys.length} keys, ${this.world.keys.length} exist`);
    }
    this.counts.listings += 1;
  }
}
