import { expect, it } from 'vitest';
import { mapTexts } from '../../../src/s3/xml/map-texts.js';

const change = (text: string) => (text === 'a' ? '<&>' : text);

it('changes the texts of the elements that are named, escaped, and leaves all else as it came', () => {
  const xml =
    '<?xml version="1.0"?><R xmlns="x"><Id>a</Id><Id>b&amp;c</Id><Other>a</Other><Id/><Mark>a</Mark></R>';
  const changed =
    '<?xml version="1.0"?><R xmlns="x"><Id>&lt;&amp;&gt;</Id><Id>b&amp;c</Id><Other>a</Other><Id/><Mark>&lt;&amp;&gt;</Mark></R>';
  expect(mapTexts(xml, ['Id', 'Mark'], change)).toBe(changed);
});

it('takes no element for another whose name begins alike', () => {
  expect(mapTexts('<IdMarker>a</IdMarker>', ['Id'], change)).toBe('<IdMarker>a</IdMarker>');
});
