import { json } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import type { BegunRotationJson } from '../../src/gateway/admin/rotate.js';
import { runCli } from '../support/cli.js';
import { gatewayAnswering } from './gateway-answering.js';

const BEGUN: BegunRotationJson = {
  backend: 'vault',
  key_id: 'k2',
  jobs: [{ id: 'maintenance:7', bucket: 'photos', target_bucket: 'photos-0a1b2c3d' }],
  refused: [],
};

async function rotating(begun: BegunRotationJson, args: string) {
  const asked: unknown[] = [];
  const env = await gatewayAnswering(async (incoming, outgoing) => {
    asked.push([incoming.method, incoming.url?.replace('/_/api/admin', ''), await json(incoming)]);
    outgoing.writeHead(202).end(JSON.stringify(begun));
  });
  return { asked, ...(await runCli(['keys', 'rotate', ...args.split(' ')], { env })) };
}

describe('keys rotate', () => {
  it('tells which job moves which bucket where', async () => {
    const { asked, code, stdout } = await rotating(BEGUN, 'vault --writes gate --max-requests 100');
    expect(asked).toEqual([
      ['POST', '/backends/vault/rotate', { writes: 'gate', limits: { max_requests: '100' } }],
    ]);
    expect([code, stdout]).toEqual([0, 'maintenance:7 moves photos to bucket photos-0a1b2c3d of vault\n']);
  });

  it('fails where a bucket is left as it is, and says why', async () => {
    const refused = [{ bucket: 'logs', reason: 'bucket "logs" has a shadow' }];
    const { code, stdout, stderr } = await rotating({ ...BEGUN, refused }, 'vault');
    expect(stdout).toContain('logs is left as it is: bucket "logs" has a shadow\n');
    expect([code, stderr]).toEqual([1, 'error: 1 of 2 buckets are left as they are\n']);
  });
});
