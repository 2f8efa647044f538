import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { shareOf } from '../../src/cli/commands/report.js';
import { runCli } from '../support/cli.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { gatewayAnswering } from './gateway-answering.js';

const KEY = {
  key: 'a "b", c',
  size: 3,
  source_etag: '"1"',
  target_etag: '"1"',
  hash_algorithm: 'md5',
  hash: '1',
  level: 'listing',
  result: 'same',
  reason: null,
};

const SUMMARY = {
  summary: { level: 'listing', sample: 1, keys: 1, bytes: 3, results: { same: 1, missing: 0 } },
};

const lines = (...items: readonly unknown[]) => items.map((item) => `${JSON.stringify(item)}\n`).join('');

describe('a report', () => {
  it('is written as it comes, with its summary at the end', async () => {
    let asked: string | undefined;
    const env = await gatewayAnswering(({ url }, outgoing) => {
      asked = url;
      outgoing.end(`\n${lines(KEY)}\n${lines(SUMMARY)}`);
    });
    const args = ['storage', 'report', 'photos', '--level', 'content', '--sample', '1%'];
    expect(await runCli(args, { env })).toEqual({
      code: 0,
      stdout: lines(KEY, SUMMARY),
      stderr: '1 key (3 B), 1 same\n',
    });
    expect(asked).toBe('/_/api/admin/buckets/photos/report?level=content&sample=0.01');
  });

  it('is written as CSV', async () => {
    const env = await gatewayAnswering((_, outgoing) => outgoing.end(lines(KEY, SUMMARY)));
    const { stdout } = await runCli(['storage', 'report', 'photos', '--format', 'csv'], { env });
    expect(stdout).toBe(
      'key,size,source_etag,target_etag,hash_algorithm,hash,level,result,reason\n' +
        '"a ""b"", c",3,"""1""","""1""",md5,1,listing,same,\n',
    );
  });

  it.each([
    ['the connection breaks', true, /broke off/],
    ['the answer ends early', false, /the report is not whole: the gateway broke it off/],
  ])('is not taken for whole when %s, and leaves no file', async (_, isCut, reason) => {
    const env = await gatewayAnswering((__, outgoing) => {
      outgoing.write(lines(KEY));
      if (isCut) setImmediate(() => outgoing.destroy());
      else outgoing.end();
    });
    const folder = await temporaryFolder();
    const { code, stderr } = await runCli(
      ['storage', 'report', 'photos', '--output', join(folder, 'manifest')],
      { env },
    );
    expect([code, stderr]).toEqual([1, expect.stringMatching(reason)]);
    expect(await readdir(folder)).toEqual([]);
  });

  it('tells why the gateway could not go on', async () => {
    const failed = { error: { code: 'listing_refused', message: 'the store answered 503 to a listing' } };
    const env = await gatewayAnswering((_, outgoing) => outgoing.end(lines(KEY, failed)));
    expect(await runCli(['storage', 'report', 'photos'], { env })).toEqual({
      code: 1,
      stdout: lines(KEY),
      stderr: 'error: the report is not whole: the store answered 503 to a listing\n',
    });
  });

  it('is put into a file once it is whole', async () => {
    const env = await gatewayAnswering((_, outgoing) => outgoing.end(lines(KEY, SUMMARY)));
    const file = join(await temporaryFolder(), 'manifest');
    expect((await runCli(['storage', 'report', 'photos', '--output', file], { env })).code).toBe(0);
    expect(await readFile(file, 'utf8')).toBe(lines(KEY, SUMMARY));
  });

  it('is of a share of the keys, in percent or not', () => {
    expect([shareOf('1%'), shareOf('0.01'), shareOf('100%'), shareOf('1')]).toEqual([0.01, 0.01, 1, 1]);
    for (const wrong of ['0', '101%', '2', 'some', '-1%'])
      expect(() => shareOf(wrong)).toThrow('share of the keys');
  });
});
