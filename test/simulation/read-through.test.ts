import { claimHoldsOn } from './holds.js';

claimHoldsOn('read-through', 8_000);
