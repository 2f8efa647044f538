import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readXml, type XmlElement } from '../../../src/s3/xml/reader.js';
import { scanXml } from '../../../src/s3/xml/scan.js';

const LIMITS = { maxDepth: 32, maxElements: 1_000 };

/** What documents are made of, well-formed or not. */
const pieces = [
  ...[
    '<a>',
    '</a>',
    '<b>',
    '</b>',
    '<Key>',
    '</Key>',
    '<b/>',
    '<a xmlns="x">',
    '<n:a>',
    '</n:a>',
    '<a b="c>d">',
  ],
  ...['text', ' ', '\n', '\r\n', '>', ']]>', '&amp;', '&lt;', '&#x41;', '&nbsp;', '&', '\u0001', 'ü', '🌘'],
  ...['<!-- c -->', '<![CDATA[<b>]]>', '<?pi x?>', '<!DOCTYPE a>', '<', '</a >', '< a>', '<1>'],
];

const document = fc
  .tuple(
    fc.constantFrom('', '<?xml version="1.0" encoding="UTF-8"?>\n'),
    fc.array(fc.constantFrom(...pieces), { maxLength: 12 }),
    fc.boolean(),
  )
  .map(([declaration, parts, isWrapped]) => {
    const content = parts.join('');
    return declaration + (isWrapped ? `<a>${content}</a>` : content);
  });

/** As a parser reads it: a comment is none of the things that are scanned. */
function parsed(xml: string): XmlElement | undefined {
  try {
    return readXml(`${xml}<!-- -->`);
  } catch {
    return undefined;
  }
}

describe('a document that is scanned', () => {
  it('is what a parser makes of it; whatever else there is is left to the parser', () => {
    let scanned = 0;
    fc.assert(
      fc.property(document, (xml) => {
        const root = scanXml(xml.trimStart(), LIMITS);
        if (root === undefined) return;
        scanned += 1;
        expect(root).toEqual(parsed(xml));
      }),
      { numRuns: 20_000 },
    );
    expect(scanned).toBeGreaterThan(1_000);
  });

  it('is any listing of plain elements', () => {
    const xml =
      '<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name>' +
      '<Contents><Key>a&amp;b</Key><ETag>&quot;e&quot;</ETag><Owner/></Contents>\n</ListBucketResult>\n';
    const root = scanXml(xml, LIMITS);
    expect(root).toEqual(parsed(xml));
    expect(root?.children[1]?.children[0]?.text).toBe('a&b');
  });

  it('is no deeper and has no more elements than is allowed', () => {
    expect(scanXml('<a><b></b></a>', { maxDepth: 1, maxElements: 2 })).toBeUndefined();
    expect(scanXml('<a><b></b></a>', { maxDepth: 2, maxElements: 1 })).toBeUndefined();
    expect(scanXml('<a><b></b></a>', { maxDepth: 2, maxElements: 2 })).toBeDefined();
  });
});
