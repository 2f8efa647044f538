/**
 * The program of a worker: one gateway, told its configuration and when to drain by the process that started it. When that
 * process goes without a word the worker ends at once (node:cluster).
 */
import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import { systemClock } from '../system/clock.js';
import { openLogger } from '../system/logger.js';
import { messageOf } from '../system/thrown.js';
import { type Config, logSettings } from './config.js';
import { type Gateway, startGateway } from './gateway.js';
import { type Answer, answerTo, Inquiries, type Question } from './inquiries.js';
import { Shedding } from './shedding.js';
import { stopSignal } from './stop-signal.js';
import { watched } from './watched.js';
import { type Instruction, LISTENS, STOP } from './worker-process.js';

async function work(worker: Worker): Promise<void> {
  // What is sent to a worker before it listens is lost.
  worker.send(LISTENS);
  const [config] = (await once(worker, 'message')) as [Config];
  const inquiries = new Inquiries((question) => tell(worker, question), systemClock);
  const told = new Promise<void>((resolve) => {
    worker.on('message', (instruction: Instruction) => {
      if (instruction === STOP) resolve();
      else if ('answer' in instruction) inquiries.take(instruction);
    });
  });
  const stopped = Promise.race([stopSignal(), told]);
  const gateway = await startAndReport(config, worker, inquiries);
  if (gateway) {
    await stopped;
    await gateway.close();
  }
  worker.disconnect();
}

async function startAndReport(
  config: Config,
  worker: Worker,
  inquiries: Inquiries,
): Promise<Gateway | undefined> {
  const log = (await openLogger(logSettings(config))).child({ pid: process.pid });
  try {
    const shedding = new Shedding();
    const options = { clock: systemClock, log, measuredByAll: inquiries, shedding };
    const gateway = watched(await startGateway(config, options), { config, clock: systemClock });
    const asked = { ...gateway.measured, load: async () => shedding.load() };
    worker.on('message', (instruction: Instruction) => {
      if (instruction === STOP || 'answer' in instruction) return;
      if ('shed' in instruction) shedding.shed(instruction.shed);
      else void answerTo(instruction, asked).then((answer) => tell(worker, answer));
    });
    const { url, port, adminPassword } = gateway;
    worker.send({ url, port, adminPassword });
    return gateway;
  } catch (error) {
    worker.send({ failure: messageOf(error) });
    return undefined;
  }
}

/** The process that has started it may be gone already. */
function tell(worker: Worker, message: Question | Answer): void {
  if (worker.isConnected()) worker.send(message);
}

if (cluster.worker) await work(cluster.worker);
