import { claimHoldsOn } from './holds.js';

claimHoldsOn('exclusive', 4_000);
