import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const BUILT = (path: string): string => fileURLToPath(new URL(`../../dist/src/${path}`, import.meta.url));

/** Runs a program that is watched, and resolves to how it ended and what it said. */
async function ending(program: string): Promise<{ how: string | number; said: string }> {
  const text = `
    import { endWhenStandingStill } from ${JSON.stringify(BUILT('system/standstill.js'))};
    import { systemClock } from ${JSON.stringify(BUILT('system/clock.js'))};
    const watch = endWhenStandingStill({ clock: systemClock, intervalMs: 50, patience: 10 });
    ${program}`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', text], {
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const [code, signal] = await once(child, 'close');
  return { how: signal ?? code, said };
}

/** As a lock that nobody gives back. */
const STAND_STILL = 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);';

test('a process whose event loop stands still is ended, and says so', async () => {
  const { how, said } = await ending(STAND_STILL);
  expect(how).toBe('SIGKILL');
  expect(JSON.parse(said)).toMatchObject({ level: 60, msg: expect.stringContaining('stands still') });
});

test('a process that is busy now and then is left alone', async () => {
  const busy = `
    for (let turn = 0; turn < 10; turn += 1) {
      const until = Date.now() + 100;
      while (Date.now() < until);
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
    await watch.close();`;
  expect(await ending(busy)).toEqual({ how: 0, said: '' });
});

test('a process that has nothing more to do ends although it is watched', async () => {
  expect(await ending('')).toEqual({ how: 0, said: '' });
});
