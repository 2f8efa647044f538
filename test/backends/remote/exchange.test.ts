import { expect, it, vi } from 'vitest';
import { Exchange } from '../../../src/backends/remote/exchange.js';
import { getObject } from './requests.js';

it('a request that the HTTP client begins to send a second time is refused', () => {
  const exchange = new Exchange({
    backend: 'far',
    request: getObject(),
    resolve: () => undefined,
    reject: () => undefined,
    onDequeued: () => undefined,
  });
  const controller = { abort: vi.fn(), pause: vi.fn(), resume: vi.fn() };
  exchange.onStart(controller);
  expect(() => exchange.onStart(controller)).toThrow('never sent twice');
});
