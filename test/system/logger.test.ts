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
