import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { negotiate } from '../../../src/adapters/http/negotiate.js';

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';

describe('negotiate', () => {
  test.each([
    [undefined, 'text'],
    ['', 'text'],
    ['*/*', 'text'],
    ['text/*', 'text'],
    ['text/html', 'text'],
    ['text/plain', 'text'],
    [BROWSER, 'text'],
    ['application/json, text/plain', 'text'],
    ['application/json;q=0.5, text/plain;q=0.9', 'text'],
    ['application/json', 'json'],
    ['Application/JSON', 'json'],
    ['application/*', 'json'],
    ['application/json; charset=utf-8', 'json'],
    ['application/json, */*;q=0.5', 'json'],
    ['text/plain;q=0.5, application/json', 'json'],
    ['*/*, text/html;q=0, text/plain;q=0', 'json'],
    ['image/png', undefined],
    ['application/xml', undefined],
    ['application/json;q=0', undefined],
  ] as const)('%j gets %s [BUILDER 142, 143, 144, 149]', (accept, answer) => {
    expect(negotiate(accept)).toBe(answer);
  });

  test.each(['nonsense', 'application/json;q=2', '*/json', 'text/plain;;', ', ,', 'a/b/c'])(
    'the malformed value %j accepts everything [BUILDER 4.3]',
    (accept) => {
      expect(negotiate(accept)).toBe('text');
    },
  );

  test('no header makes it throw, and the order of elements never matters', () => {
    const element = fc.constantFrom('text/plain', 'application/json', '*/*', 'image/png;q=0.3', 'text/*;q=0.2');
    fc.assert(fc.property(fc.string(), (accept) => ['text', 'json', undefined].includes(negotiate(accept))));
    fc.assert(
      fc.property(fc.uniqueArray(element, { minLength: 1 }), (elements) => {
        expect(negotiate([...elements].reverse().join(','))).toBe(negotiate(elements.join(',')));
      }),
    );
  });
});
