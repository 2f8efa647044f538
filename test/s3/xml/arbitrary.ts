import fc from 'fast-check';

const special = fc.constantFrom(
  ...['&', '<', '>', '"', "'", '%', '+', ' ', '/', '&#x1;', ']]>', '<![CDATA[', '%2F'],
  ...['\u0000', '\u0001', '\t', '\n', '\r', '\u007f', '\u0085', '\u2028', '\ufffe', '\uffff', '\ufeff'],
);

/** Text as hard as it comes: any Unicode, and often what XML, URLs and newline rules treat in ways of their own. */
export const anyText = fc.string({
  unit: fc.oneof(special, fc.string({ unit: 'binary', minLength: 1, maxLength: 1 })),
  maxLength: 40,
});

export const anyKey = anyText.filter((text) => text !== '');

/** ISO 8601 with milliseconds. */
export const anyTime = fc
  .date({ min: new Date(0), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true })
  .map((date) => date.toISOString());

export const anyETag = fc.stringMatching(/^"[0-9a-f]{32}(-[1-9][0-9]{0,3})?"$/);

export const anyOwner = fc.record({ id: fc.stringMatching(/^[0-9a-f]{1,64}$/), displayName: anyKey });

export const anyChecksums = fc.record(
  { crc32: fc.constant('DUoRhQ=='), crc64nvme: fc.constant('rosUhgp5mIg='), sha256: anyKey },
  { requiredKeys: ['crc32'] },
);
