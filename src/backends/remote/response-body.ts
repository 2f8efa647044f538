import { Readable } from 'node:stream';
import type { LentBody } from '../../s3/body.js';
import type { Controller } from './http1/handler.js';
import { readBuffers } from './http1/read-buffers.js';

// Two reads of a socket, so that one is under way while the other is consumed.
const HIGH_WATER_MARK = 128 * 1024;

/** The content of an answer as it arrives; to destroy it cuts the connection that it comes from. */
export class ResponseBody extends Readable implements LentBody {
  readonly #controller: Controller;

  constructor(controller: Controller) {
    super({ highWaterMark: HIGH_WATER_MARK });
    this.#controller = controller;
  }

  giveBack(chunk: Buffer): void {
    readBuffers.giveBackWhole(chunk);
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
