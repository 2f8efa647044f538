#!/usr/bin/env node
import { createRequire } from 'node:module';
import { runInProcess } from '../dist/src/cli/main.js';

const { version } = createRequire(import.meta.url)('../package.json');
await runInProcess(process.argv.slice(2), version);
