import { systemClock } from '../../src/system/clock.js';
import { type PenumbraServer, startPenumbra } from '../support/penumbra.js';
import { freePort } from '../support/ports.js';

const PAUSE_MS = 200;

/** A gateway that is killed and comes back at the same address, as a supervisor would bring it. */
export class TorturedGateway {
  #server: PenumbraServer | undefined;
  #log = '';

  private constructor(
    private readonly folder: string,
    private readonly env: Readonly<Record<string, string>>,
    private readonly port: number,
  ) {}

  static async start(folder: string, env: Readonly<Record<string, string>>): Promise<TorturedGateway> {
    const gateway = new TorturedGateway(folder, env, await freePort());
    await gateway.#start();
    return gateway;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get isRunning(): boolean {
    return this.#server !== undefined;
  }

  /** All that its processes said. */
  get log(): string {
    return this.#log + (this.#server?.output() ?? '');
  }

  /** Kills it at this instant, and starts it until it runs: without its state it does not. */
  async killAndRestart(): Promise<void> {
    await this.stop('SIGKILL');
    for (;;) {
      try {
        return await this.#start();
      } catch (error) {
        this.#log += `${error instanceof Error ? error.message : error}\n`;
        await systemClock.sleep(PAUSE_MS);
      }
    }
  }

  async stop(signal?: NodeJS.Signals): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    await server?.stop(signal);
    this.#log += server?.output() ?? '';
  }

  async #start(): Promise<void> {
    this.#server = await startPenumbra(this.folder, this.env, this.port);
  }
}
