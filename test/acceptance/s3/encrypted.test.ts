import { s3Suite } from './suite.js';

s3Suite('encrypted');
