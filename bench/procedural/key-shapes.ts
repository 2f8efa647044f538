import { compareKeys } from '../../src/s3/keys.js';

/** The keys of a bucket, computed: nothing is kept of any of them. */
export interface KeyShape {
  readonly name: string;
  readonly count: number;
  /** The key with this index, from 0 on, in the order of UTF-8 bytes. */
  keyAt(index: number): string;
}

/** Makes `count` names, in order. */
type Names = (index: number, count: number) => string;

/** The number of keys that are not after `key`, which is the index of the first one that is. */
export function indexAfter(shape: KeyShape, key: string): number {
  let low = 0;
  let high = shape.count;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (compareKeys(shape.keyAt(middle), key) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** 32 bits that look random and are the same in every run. */
export function mix(index: number, salt: number): number {
  let bits =
    (Math.imul(index ^ Math.floor(index / 2 ** 32), 0x9e3779b1) + Math.imul(salt + 1, 0x85ebca6b)) | 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x7feb352d);
  bits = Math.imul(bits ^ (bits >>> 15), 0x846ca68b);
  return (bits ^ (bits >>> 16)) >>> 0;
}

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');
const random = (index: number, salt: number): string => hex(mix(index, salt), 8);

/** Evenly strewn over 48 bits, each at a random place of its own stretch. */
function strewn(index: number, count: number): string {
  const place = (index + mix(index, 1) / 2 ** 32) / count;
  return hex(Math.floor(place * 2 ** 48), 12);
}

const uuid: Names = (index, count) => {
  const all = strewn(index, count) + random(index, 2) + random(index, 3) + random(index, 4);
  return `${all.slice(0, 8)}-${all.slice(8, 12)}-4${all.slice(13, 16)}-8${all.slice(17, 20)}-${all.slice(20, 32)}`;
};

const hash: Names = (index, count) =>
  strewn(index, count) + [2, 3, 4, 5, 6].map((salt) => random(index, salt)).join('');

const padded =
  (digits: number): Names =>
  (index) =>
    String(index).padStart(digits, '0');

/** The numbers below `count` as text, in the order of text: 0, 1, 10, 100, 101, ... */
const unpadded: Names = (index, count) => {
  if (index === 0) return '0';
  let left = index - 1;
  for (let number = 1; ; ) {
    const below = numbersThatBeginWith(number, count);
    if (left >= below) {
      left -= below;
      number += 1;
    } else if (left === 0) return String(number);
    else {
      left -= 1;
      number *= 10;
    }
  }
};

function numbersThatBeginWith(number: number, count: number): number {
  let sum = 0;
  for (let low = number, high = number + 1; low < count; low *= 10, high *= 10)
    sum += Math.min(high, count) - low;
  return sum;
}

interface Directory {
  readonly name: string;
  readonly count: number;
}

/** Directories one after the other, in the order of their names. */
function directories(name: string, all: readonly Directory[], names: Names): KeyShape {
  const sorted = all.toSorted((a, b) => compareKeys(a.name, b.name));
  const starts: number[] = [];
  let count = 0;
  for (const directory of sorted) {
    starts.push(count);
    count += directory.count;
  }
  const keyAt = (index: number): string => {
    const at = lastNotAbove(starts, index);
    const directory = sorted[at] ?? { name: '', count: 0 };
    return directory.name + names(index - (starts[at] ?? 0), directory.count);
  };
  return { name, count, keyAt };
}

function lastNotAbove(numbers: readonly number[], wanted: number): number {
  let low = 0;
  let high = numbers.length;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if ((numbers[middle] ?? 0) <= wanted) low = middle;
    else high = middle;
  }
  return low;
}

const flat = (name: string, count: number, key: (index: number) => string): KeyShape => ({
  name,
  count,
  keyAt: key,
});

/** Shares of `count` that add up to it. */
function divide(count: number, weights: readonly number[]): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let sum = 0;
  return weights.map((weight) => {
    const before = Math.round((count * sum) / total);
    sum += weight;
    return Math.round((count * sum) / total) - before;
  });
}

const DAY_MS = 24 * 3600 * 1000;

/** Three years, more every year, few at the weekend; 40 hosts a day. */
function logs(count: number): KeyShape {
  const days = Array.from({ length: 1096 }, (_, day) => new Date(Date.UTC(2024, 0, 1) + day * DAY_MS));
  const ofDay = divide(
    count,
    days.map((day, index) => (day.getUTCDay() % 6 === 0 ? 1 : 3) * (1 + index / 300)),
  );
  const all = days.flatMap((day, index) => {
    const name = `logs/${day.toISOString().slice(0, 10).replaceAll('-', '/')}`;
    const ofHost = divide(ofDay[index] ?? 0, new Array(40).fill(1));
    return ofHost.map((hosted, host) => ({ name: `${name}/host-${host}/`, count: hosted }));
  });
  return directories('dates and hosts', all, (index, of) => `${uuid(index, of)}.gz`);
}

/** Nine of ten directories have three objects; five hold most of the bucket. */
function fewHuge(count: number): KeyShape {
  const tiny = Math.floor(count / 50);
  const huge = divide(count - tiny * 3, [50, 20, 10, 10, 5]);
  const name = (index: number) => `customer-${strewn(index, tiny + 5).slice(0, 8)}/`;
  const all = Array.from({ length: tiny + 5 }, (_, index) => ({ name: name(index), count: 3 }));
  huge.forEach((size, index) => {
    all[mix(index, 9) % all.length] = { name: name(mix(index, 9) % all.length), count: size };
  });
  return directories(
    'few huge directories',
    all,
    (index) => `document-${String(index).padStart(9, '0')}.pdf`,
  );
}

/** 5,000 directories, the second half as large as the first, the third a third of it. */
function zipf(count: number): KeyShape {
  const sizes = divide(
    count,
    Array.from({ length: 5000 }, (_, rank) => 1 / (rank + 1)),
  );
  const all = sizes.map((size, rank) => ({ name: `u/${random(rank, 7)}/`, count: size }));
  return directories('directories by rank', all, (index, of) => `${hash(index, of)}.bin`);
}

/** Three applications in one bucket. */
function families(count: number): KeyShape {
  const [backups = 0, media = 0, thumbs = 0, tmp = 0] = divide(count, [10, 50, 39, 1]);
  const months = divide(backups, new Array(36).fill(1));
  const all = months.map((size, month) => ({
    name: `backup/${2023 + Math.floor(month / 12)}-${String((month % 12) + 1).padStart(2, '0')}/chunk-`,
    count: size,
  }));
  for (const [letter, size] of divide(thumbs, new Array(256).fill(1)).entries())
    all.push({ name: `thumbs/${hex(letter, 2)}/`, count: size });
  return directories(
    'applications side by side',
    [...all, { name: 'media/', count: media }, { name: 'tmp/session_', count: tmp }],
    (index, of) => (of === media || of === tmp ? uuid(index, of) : padded(10)(index, of)),
  );
}

const WORDS = [
  'Ägypten',
  'été',
  'Łódź',
  'Москва',
  'Санкт-Петербург',
  'القاهرة',
  '北京',
  '上海',
  '東京',
  'ソウル',
  '서울',
  '😀',
  '🚀 launch',
  'zürich',
  'plain',
];

function nonAscii(count: number): KeyShape {
  const sizes = divide(
    count,
    WORDS.map((_, index) => 1 + (index % 5)),
  );
  const all = WORDS.flatMap((word, index) =>
    divide(sizes[index] ?? 0, new Array(12).fill(1)).map((size, month) => ({
      name: `${word}/写真-${month + 1}月/`,
      count: size,
    })),
  );
  return directories('names in many scripts', all, (index) => `été-${String(index).padStart(8, '0')}.jpg`);
}

/** Keys of 1,024 bytes that differ after 700 of them. */
function longest(count: number): KeyShape {
  const start = 'a-long-path/'.repeat(58);
  return flat('keys of 1,024 bytes', count, (index) =>
    `${start}${hash(index, count)}/`.padEnd(1024, 'tail/'),
  );
}

/** The shapes of keys that a planner has to cope with, each with (nearly) `count` keys. */
export function keyShapes(count: number): KeyShape[] {
  const digits = String(count).length + 3;
  return [
    flat('uuids', count, (index) => uuid(index, count)),
    flat('hashes in directories', count, (index) => {
      const name = hash(index, count);
      return `objects/${name.slice(0, 2)}/${name.slice(2)}`;
    }),
    flat('zero-padded counter', count, (index) => `img-${padded(digits)(index, count)}.jpg`),
    flat('counter', count, (index) => `item/${unpadded(index, count)}`),
    logs(count),
    fewHuge(count),
    zipf(count),
    families(count),
    nonAscii(count),
    longest(count),
  ];
}
