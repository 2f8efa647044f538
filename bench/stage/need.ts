import { type Program, requires } from '../../test/support/requirements.js';

/** @throws Error that tells how to install a program where it is not */
export function need(program: Program): void {
  const { available, apt } = requires(program);
  if (!available) throw new Error(`${program} is not installed: ${apt}`);
}
