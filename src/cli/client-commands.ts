import type { Command } from 'commander';
import { addAudit } from './commands/audit.js';
import { addBackends } from './commands/backends.js';
import { addConfig } from './commands/config.js';
import { addCreate } from './commands/create.js';
import { addDestroy } from './commands/destroy.js';
import { addExplain } from './commands/explain.js';
import { addJobs } from './commands/jobs.js';
import { addKeys } from './commands/keys.js';
import { addList } from './commands/list.js';
import { addLogin } from './commands/login.js';
import { addMigrate } from './commands/migrate.js';
import { addReport } from './commands/report.js';
import { addStatus } from './commands/status.js';
import { addSweep } from './commands/sweep.js';
import { addToken } from './commands/token.js';
import { addUpdate } from './commands/update.js';
import { addVerify } from './commands/verify.js';
import type { Io } from './io.js';

/** All commands that run no gateway: they ask one, or judge its configuration. */
export function addClientCommands(program: Command, io: Io): void {
  addLogin(program, io);
  const storage = program.command('storage').description('buckets and the shadows that they move from');
  for (const add of [
    addCreate,
    addUpdate,
    addList,
    addStatus,
    addDestroy,
    addMigrate,
    addSweep,
    addVerify,
    addReport,
    addExplain,
    addBackends,
  ])
    add(storage, io);
  addJobs(program, io);
  addKeys(program, io);
  addToken(program, io);
  addAudit(program, io);
  addConfig(program, io);
}
