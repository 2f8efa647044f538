import { expect, test } from 'vitest';
import { BackendUnavailable } from '../../src/backends/backend.js';
import { KvUnavailable } from '../../src/state/kv.js';
import { createLogger } from '../../src/system/logger.js';

function logged(error: Error): Record<string, unknown> {
  let line = '';
  const stream = {
    write(text: string) {
      line += text;
    },
  };
  createLogger({ stream }).warn({ err: error }, 'it failed');
  return JSON.parse(line).err;
}

test('an outage is told with its cause and without a stack trace', () => {
  const cause = new Error('connect ECONNREFUSED 127.0.0.1:1');
  expect(logged(new BackendUnavailable('cluster', 'connect', false, { cause }))).toEqual({
    type: 'BackendUnavailable',
    message: 'backend cluster gave no answer (connect): connect ECONNREFUSED 127.0.0.1:1',
  });
  expect(logged(new KvUnavailable('no answer within 1000 ms'))).toEqual({
    type: 'KvUnavailable',
    message: 'state store unavailable: no answer within 1000 ms',
  });
});

test('any other error is told with the place that it comes from', () => {
  expect(logged(new TypeError('x is undefined'))).toMatchObject({
    type: 'TypeError',
    stack: expect.stringContaining('logger.test.ts'),
  });
});

test('what a library hangs on its errors is not told: a command with a password, or a request', () => {
  const error = Object.assign(new Error('WRONGPASS'), {
    code: 'WRONGPASS',
    command: { name: 'auth', args: ['the-password'] },
    $response: { headers: { authorization: 'the-signature' } },
  });
  expect(logged(error)).toEqual({
    type: 'Error',
    message: 'WRONGPASS',
    code: 'WRONGPASS',
    stack: expect.any(String),
  });
});

test('a URL in an error is told without who signed it, and without its password', () => {
  const cause = new Error('GET /b/k?X-Amz-Credential=AKID%2Fa&X-Amz-Signature=0af1&x=1 failed');
  const error = new Error('cannot reach redis://:the-password@redis.internal:6379', { cause });
  const text = JSON.stringify(logged(error));
  for (const secret of ['the-password', 'AKID', '0af1']) expect(text).not.toContain(secret);
  expect(text).toContain('redis.internal:6379');
  expect(text).toContain('&x=1 failed');
});

test('keys of objects are hidden from every line where they are private', () => {
  const lines: string[] = [];
  const log = createLogger({ keys: false, stream: { write: (line: string) => lines.push(line) } });
  log.info({ bucket: 'photos', key: 'private/diary.txt' }, 'request');
  log.child({ key: 'private/diary.txt' }).warn('a copy failed');
  expect(lines.join('')).not.toContain('diary');
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ bucket: 'photos', key: '(hidden)' });
});
