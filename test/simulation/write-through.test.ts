import { claimHoldsOn } from './holds.js';

claimHoldsOn('write-through', 8_000);
