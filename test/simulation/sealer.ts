import { createSealer } from '../../src/state/sealing.js';

export const SEALER = createSealer(Buffer.alloc(32));
