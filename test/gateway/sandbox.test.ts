import { expect, it } from 'vitest';
import { sandboxOf } from '../../src/gateway/sandbox.js';

const DOCUMENT = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8';

it.each([
  'text/html',
  'application/xhtml+xml',
  'image/svg+xml',
  'application/xml',
  'unknown/unknown',
  undefined,
])('has browsers show %s as of no origin', (type) => {
  const policy = sandboxOf(DOCUMENT, type)['content-security-policy'];
  expect(policy).toMatch(/^sandbox /);
  expect(policy).not.toContain('allow-same-origin');
});

it.each(['image/png', 'application/pdf', 'video/mp4'])('leaves %s as it is', (type) => {
  expect(sandboxOf(DOCUMENT, type)).toEqual({});
});

it.each(['*/*', 'image/avif,image/webp,*/*', undefined])('adds nothing for who accepts %s', (accept) => {
  expect(sandboxOf(accept, 'text/html')).toEqual({});
});
