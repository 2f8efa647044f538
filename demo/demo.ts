import './quiet-sdk.js';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import pLimit from 'p-limit';
import { borrowRedis } from './borrowed-redis.js';
import { BucketClient, type Credentials } from './client.js';
import { bigObject, pickFiles } from './corpus.js';
import { LiveClient } from './live-client.js';
import { chapter, Mismatch, mebibytes, show, tell } from './narrator.js';
import { type Served, serve, storage } from './processes.js';
import { verifyAll } from './verify.js';
import { World } from './world.js';

const BUCKET = 'demo-photos';
const NOTE_KEY = 'shown/note.txt';
const BIG_KEY = 'backups/node 200 MiB.bin';
const LEGACY: Credentials = {
  accessKeyId: 'LEGACYROOT0000000001',
  secretAccessKey: 'legacy-secret-of-the-demo-0000000000001',
};
const ADMIN_PASSWORD = 'password-of-the-demo';

interface Stage {
  readonly legacy: Served;
  readonly gateway: Served;
  readonly cli: Readonly<Record<string, string>>;
}

const { values: options } = parseArgs({ options: { redis: { type: 'string' } } });

async function main(): Promise<void> {
  const redis = options.redis === undefined ? undefined : await borrowRedis(options.redis);
  const folder = await mkdtemp(join(tmpdir(), 'penumbra-demo-'));
  const running: Served[] = [];
  try {
    await Promise.race([setStage(folder, running).then(move), interruption()]);
    chapter('Done');
    tell('Everything that clients were told is true was true all along.');
  } finally {
    await Promise.all(running.map((process) => process.stop()));
    await rm(folder, { recursive: true, force: true });
    await redis?.giveBack();
  }
}

class Interrupted extends Error {}

/** Rejects when the demo is interrupted, so that what it started is ended and removed all the same. */
function interruption(): Promise<never> {
  return new Promise((_, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => reject(new Interrupted(`interrupted by ${signal}`)));
    }
  });
}

async function setStage(folder: string, running: Served[]): Promise<Stage> {
  chapter('A legacy S3 store, and Penumbra in front of a new one');
  const legacy = await serve('legacy', folder, {
    PENUMBRA_ROOT_ACCESS_KEY_ID: LEGACY.accessKeyId,
    PENUMBRA_ROOT_SECRET_ACCESS_KEY: LEGACY.secretAccessKey,
    PENUMBRA_ADMIN_PASSWORD: 'password-of-the-legacy-store',
    PENUMBRA_LOG_LEVEL: 'warn',
  });
  running.push(legacy);
  tell(`the legacy store listens on ${legacy.url}`);
  const state = options.redis ? ['--redis', options.redis] : [];
  const gateway = await serve(
    'gateway',
    folder,
    { PENUMBRA_ADMIN_PASSWORD: ADMIN_PASSWORD, PENUMBRA_LOG_LEVEL: 'warn' },
    state,
  );
  running.push(gateway);
  tell(`Penumbra listens on ${gateway.url} (state: ${options.redis ? 'Redis' : 'embedded'})`);
  return { legacy, gateway, cli: { PENUMBRA_URL: gateway.url, PENUMBRA_ADMIN_PASSWORD: ADMIN_PASSWORD } };
}

async function move({ legacy, gateway, cli }: Stage): Promise<void> {
  const world = new World();
  const old = new BucketClient(legacy.url, BUCKET, LEGACY);
  await fillLegacy(legacy, old, world);
  const client = new BucketClient(gateway.url, BUCKET, await createShadowedBucket(legacy, cli));

  chapter('A client goes to work, and does not stop until the end');
  const live = new LiveClient(client, world);
  await showBehaviours(client, old, world);
  await copyTheRest(cli);
  await live.stop();
  const { reads, writes, deletes, listings } = live.counts;
  tell(
    `the client made ${reads} reads, ${writes} writes, ${deletes} deletes, ${listings} full listings; all were right`,
  );

  chapter('Every byte, read by a client of its own');
  const proof = await verifyAll(client, world);
  tell(`✔ ${proof.objects} objects, ${mebibytes(proof.bytes)}: each as it was written`);
  const before = await verifyAll(old, world);
  show(
    `the legacy bucket holds the same ${before.objects} objects: one could still go back`,
    before.objects === proof.objects,
  );

  chapter('storage update --clear-shadow, and the legacy store is switched off');
  tell((await storage(['update', BUCKET, '--clear-shadow'], cli)).trim().replaceAll('\n', '\n        '));
  await legacy.stop();
  const after = await verifyAll(client, world);
  show(`without it, ${after.objects} objects read as before`, after.objects === proof.objects);
  client.close();
  old.close();
}

async function fillLegacy(legacy: Served, old: BucketClient, world: World): Promise<void> {
  const s3 = new S3Client({
    endpoint: legacy.url,
    region: 'auto',
    credentials: LEGACY,
    forcePathStyle: true,
  });
  await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
  s3.destroy();
  const limit = pLimit(16);
  const files = await pickFiles();
  await Promise.all(
    files.map(({ key, path }) =>
      limit(async () => {
        const body = await readFile(path);
        await old.write(key, body);
        world.wrote(key, body);
      }),
    ),
  );
  const big = await bigObject();
  await old.writeInParts(BIG_KEY, big);
  world.wrote(BIG_KEY, big);
  tell(
    `its bucket holds ${world.keys.length} real files of this machine, ${mebibytes(world.bytes)}, one of them 200 MiB in parts`,
  );
}

async function createShadowedBucket(legacy: Served, cli: Stage['cli']): Promise<Credentials> {
  const args = [
    'create',
    '-n',
    BUCKET,
    '--shadow-endpoint',
    legacy.url,
    '--shadow-region',
    'auto',
    '--shadow-write-through',
  ];
  tell(`$ storage ${args.join(' ')}`);
  const secrets = {
    PENUMBRA_SHADOW_ACCESS_KEY: LEGACY.accessKeyId,
    PENUMBRA_SHADOW_SECRET_KEY: LEGACY.secretAccessKey,
  };
  const created = JSON.parse(await storage([...args, '--json'], { ...cli, ...secrets }));
  tell(`created ${created.bucket}, its access key is ${created.access_key_id}`);
  return { accessKeyId: created.access_key_id, secretAccessKey: created.secret_access_key };
}

async function showBehaviours(client: BucketClient, old: BucketClient, world: World): Promise<void> {
  await world.turn(async () => {
    const first = await client.read(BIG_KEY);
    const fromShadow = first?.source === 'shadow' && world.agrees(BIG_KEY, first);
    show(`read of 200 MiB: every byte right, from the ${first?.source}`, fromShadow);
  });
  const second = await until(
    () => client.read(BIG_KEY),
    (found) => found?.source === 'target',
  );
  const local = second?.source === 'target' && world.agrees(BIG_KEY, second);
  show(`read again: from the ${second?.source}, it was copied in the same pass`, local);

  await world.turn(async () => {
    const note = Buffer.from('written through Penumbra');
    await client.write(NOTE_KEY, note);
    world.wrote(NOTE_KEY, note);
    show('a write is in both stores', world.agrees(NOTE_KEY, await old.read(NOTE_KEY)));

    await client.delete(NOTE_KEY);
    world.deleted(NOTE_KEY);
    show('a delete is seen at once', (await client.read(NOTE_KEY)) === undefined);
    const left = await until(
      () => old.read(NOTE_KEY),
      (found) => found === undefined,
    );
    show('and is made in both stores', left === undefined);

    const listed = await client.list();
    show(`a listing shows all ${listed.length} keys, wherever they are`, world.isListedAs(listed));
  });
}

async function copyTheRest(cli: Stage['cli']): Promise<void> {
  chapter('The rest is copied in the background');
  await storage(['sweep', BUCKET, 'start'], cli);
  for (;;) {
    await sleep(2_000);
    const { migration } = JSON.parse(await storage(['status', BUCKET, '--json'], cli));
    const percent = ((100 * migration.bytes_done) / migration.bytes_total).toFixed(1);
    tell(
      `${migration.objects_done} of ${migration.objects_total} objects, ` +
        `${mebibytes(migration.bytes_done)} of ${mebibytes(migration.bytes_total)} (${percent} %)`,
    );
    if (migration.failed > 0) throw new Mismatch(`${migration.failed} objects were not copied`);
    if (migration.remaining === 0 && migration.exact) return;
  }
}

/** Asks until the answer is the wanted one, for five seconds; returns the last. */
async function until<T>(ask: () => Promise<T>, wanted: (answer: T) => boolean): Promise<T> {
  let answer = await ask();
  for (let tries = 0; tries < 50 && !wanted(answer); tries += 1) {
    await sleep(100);
    answer = await ask();
  }
  return answer;
}

main().catch((error: unknown) => {
  const reason = error instanceof Error ? error : new Error(String(error));
  const isExpected = reason instanceof Mismatch || reason instanceof Interrupted;
  process.stderr.write(`demo failed: ${isExpected ? reason.message : reason.stack}\n`);
  process.exitCode = 1;
});
