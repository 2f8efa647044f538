import { argv, exit, stdout } from 'node:process';
import { keyShapes, mix } from './key-shapes.js';
import { serveEndpoint } from './procedural-endpoint.js';
import { proceduralStore } from './procedural-store.js';

/**
 * Serves `count` keys of a shape, but for one in `lacking` (0: all of them), and tells its URL on stdout; at its end what it was asked and has, as JSON.
 * `which` of each `lacking` keys that is, from 0 on: so two stores can have different ones.
 */
const [name = 'uuids', count = '10000000', lacking = '0', which = '0'] = argv.slice(2);
const shape = keyShapes(Number(count)).find((candidate) => candidate.name === name);
if (!shape) throw new Error(`no shape "${name}"`);
const each = Number(lacking);
const store = proceduralStore(
  shape,
  each > 0 ? (index) => mix(index, 11) % each === Number(which) : undefined,
);
const { url } = await serveEndpoint(store.service);
stdout.write(`${url}\n`);
process.once('SIGTERM', () => {
  const { objects, requests } = store;
  stdout.write(JSON.stringify({ objects, requests: Object.fromEntries(requests) }), () => exit(0));
});
