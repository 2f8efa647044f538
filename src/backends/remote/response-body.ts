import { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';

// Two reads of a socket, so that one is under way while the other is consumed.
const HIGH_WATER_MARK = 128 * 1024;

/** The content of an answer as it arrives; to destroy it cuts the connection that it comes from. */
export class ResponseBody extends Readable {
  readonly #controller: Dispatcher.DispatchController;

  constructor(controller: Dispatcher.DispatchController) {
    super({ highWaterMark: HIGH_WATER_MARK });
    this.#controller = controller;
  }

  override _read(): void {
    this.#controller.resume();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    if (!this.readableEnded)
      this.#controller.abort(error ?? new Error('response body closed before its end'));
    callback(error);
  }
}
