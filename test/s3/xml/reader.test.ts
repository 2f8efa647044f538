import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeXml } from '../../../src/s3/xml/escape.js';
import { readRoot, readXml } from '../../../src/s3/xml/reader.js';
import { anyText } from './arbitrary.js';

function textIn(content: string): string {
  return readXml(`<a>${content}</a>`).text;
}

const malformed = expect.objectContaining({ name: 'S3Error', code: 'MalformedXML', status: 400 });

describe('escaped text', () => {
  it('is read back as it was, whatever it is', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(textIn(escapeXml(text))).toBe(text);
      }),
      { numRuns: 2000 },
    );
  });

  it('has a reference for each character that XML cannot carry or changes', () => {
    expect(escapeXml('\u0001\r\u0085\u2028\uffff')).toBe('&#x1;&#xD;&#x85;&#x2028;&#xFFFF;');
    expect(escapeXml(`<&>"'`)).toBe('&lt;&amp;&gt;&quot;&apos;');
    expect(escapeXml('plain \u{1f600} ü')).toBe('plain \u{1f600} ü');
  });
});

describe('the XML of other stores', () => {
  it('may have control characters, as references or raw', () => {
    expect(textIn('a&#x1;b&#1;c&#X01;d\u0001e&#0;')).toBe('a\u0001b\u0001c\u0001d\u0001e\u0000');
    expect(textIn('&#xFFFE;\uffff&#65535;')).toBe('\ufffe\uffff\uffff');
  });

  it('keeps what looks like a reference in a CDATA section', () => {
    expect(textIn('<![CDATA[&#x1;]]>&#x1;&amp;#x1;')).toBe('&#x1;\u0001&#x1;');
  });

  it('keeps U+0085 and U+2028, which XML 1.1 would turn into newlines', () => {
    expect(textIn('\u0085\u2028')).toBe('\u0085\u2028');
  });

  it('may have prefixes, attributes, comments, a byte order mark and space before it', () => {
    const xml = ' \n<?xml version="1.0"?><!-- x --><s:a xmlns:s="urn:s"><s:b id="1">t</s:b></s:a>';
    expect(readXml(xml)).toEqual({ name: 'a', text: '', children: [{ name: 'b', text: 't', children: [] }] });
    expect(readXml(Buffer.from('\ufeff<a/>')).name).toBe('a');
  });
});

describe('a document that is not what S3 wants', () => {
  it.each([
    ['nothing', ''],
    ['no XML', 'hello'],
    ['an element that does not end', '<a><b></a>'],
    ['two roots', '<a/><b/>'],
    ['an unknown entity', '<a>&nbsp;</a>'],
    ['a reference to no character', '<a>&#xD800;</a>'],
    ['a reference beyond Unicode', '<a>&#x110000;</a>'],
    ['a document type', '<!DOCTYPE a><a/>'],
    ['an entity of its own', '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'],
    ['elements 40 deep', '<a>'.repeat(40) + '</a>'.repeat(40)],
    ['many sections that do not end, in linear time', `<a>&#x1;${'<![CDATA['.repeat(400_000)}`],
    ['more elements than any S3 document has', `<a>${'<b/>'.repeat(200_001)}</a>`],
  ])('is refused: %s', (_, xml) => {
    expect(() => readXml(xml)).toThrowError(malformed);
  });

  it('is refused when its bytes are not UTF-8, which would change a key', () => {
    const bytes = Buffer.concat([Buffer.from('<a>'), Buffer.from([0xff]), Buffer.from('</a>')]);
    expect(() => readXml(bytes)).toThrowError(malformed);
  });

  it('is refused when the root is another', () => {
    expect(() => readRoot('<Delete/>', 'Tagging')).toThrowError(malformed);
  });

  it('never makes the reader fail in another way', () => {
    const piece = fc.constantFrom(
      '<',
      '>',
      '/',
      'a',
      '&',
      '#',
      'x1;',
      '!',
      '[CDATA[',
      ']]>',
      '--',
      '?',
      '"',
      '=',
      ' ',
    );
    fc.assert(
      fc.property(fc.string({ unit: piece, maxLength: 30 }), (xml) => {
        try {
          readXml(xml);
        } catch (error) {
          expect(error).toEqual(malformed);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
