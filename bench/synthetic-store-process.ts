import { argv, stdout } from 'node:process';
import { startSyntheticStore } from './synthetic-store.js';

const [role, bytes] = argv.slice(2);
const store = await startSyntheticStore(Number(bytes), role === 'origin');
stdout.write(`${store.endpoint}\n`);
