import { expect, test } from 'vitest';
import { runCli } from '../support/cli.js';
import { gatewayAnswering } from './gateway-answering.js';

const ENTRY = {
  id: '2',
  at: '2026-11-22T09:00:00.000Z',
  actor: 'token:ci',
  address: '10.0.0.7',
  action: 'bucket.change',
  bucket: 'photos',
  object: null,
  outcome: 'done',
  reason: null,
  change: { public: true, shadow: { region: 'r' } },
};
const REFUSED = { ...ENTRY, id: '1', outcome: 'refused', reason: 'no_shadow: none', change: null };

async function gateway() {
  const asked: URLSearchParams[] = [];
  const env = await gatewayAnswering((incoming, outgoing) => {
    const query = new URL(incoming.url ?? '', 'http://x').searchParams;
    asked.push(query);
    const [entry, next] = query.has('after') ? [REFUSED, null] : [ENTRY, '2'];
    outgoing.end(JSON.stringify({ entries: [entry], next }));
  });
  return { asked, audit: (args: string) => runCli(['audit', ...args.split(' ').filter(Boolean)], { env }) };
}

test('shows who changed what, page after page', async () => {
  const { audit, asked } = await gateway();
  const { stdout, code } = await audit('--bucket photos --actor token: --action bucket. --since 2026-11-22');
  expect(code).toBe(0);
  expect(stdout).toMatch(/^TIME +WHO +FROM +WHAT +ON +OUTCOME +CHANGE$/m);
  expect(stdout).toMatch(
    /^2026-11-22T09:00:00.000Z +token:ci +10.0.0.7 +bucket.change +photos +done +public=true shadow=\{"region":"r"\}$/m,
  );
  expect(stdout).toMatch(/refused +no_shadow: none$/m);
  expect(Object.fromEntries(asked[0] ?? [])).toEqual({
    bucket: 'photos',
    actor: 'token:',
    action: 'bucket.',
    since: '2026-11-22T00:00:00.000Z',
    limit: '100',
  });
  expect(asked[1]?.get('after')).toBe('2');
});

test('as JSON, as many as are asked for, and since so long ago', async () => {
  const { audit, asked } = await gateway();
  const { stdout } = await audit('--json --limit 1 --since 12h');
  expect(JSON.parse(stdout)).toEqual({ entries: [ENTRY] });
  expect(asked).toHaveLength(1);
  const ago = Date.now() - Date.parse(asked[0]?.get('since') ?? '');
  expect(Math.abs(ago - 12 * 3_600_000)).toBeLessThan(60_000);
});

test.each([
  ['--since yesterday', '--since "yesterday" must be a time'],
  ['--limit 0', '--limit "0" must be a whole number'],
])('%s is refused before anything is asked', async (args, message) => {
  const { audit, asked } = await gateway();
  const { code, stderr } = await audit(args);
  expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  expect(asked).toEqual([]);
});
