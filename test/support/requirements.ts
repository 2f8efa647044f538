import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Programs that tests and benches use, and the Debian packages that have them. */
const PACKAGES = {
  'redis-server': 'redis-server',
  radosgw: 'ceph-mon ceph-osd radosgw ceph-common',
  aws: 'awscli',
  rclone: 'rclone',
  s3cmd: 's3cmd',
  s3fs: 's3fs',
  restic: 'restic',
  boto3: 'python3-boto3',
  'docker-compose': 'docker-compose',
  script: 'bsdutils',
  curl: 'curl',
  openssl: 'openssl',
  chromium: 'chromium',
  nginx: 'nginx-light',
  wrk: 'wrk',
} as const;

export type Program = keyof typeof PACKAGES;

/** Of what is no program on the path, a file that its package has. */
const FILES: Partial<Record<Program, string>> = {
  boto3: '/usr/lib/python3/dist-packages/boto3/__init__.py',
  nginx: '/usr/sbin/nginx',
};

export const PROGRAMS = Object.keys(PACKAGES) as Program[];

export interface Requirement {
  readonly available: boolean;
  readonly missing: readonly Program[];
  /** The command that installs what is missing. */
  readonly apt: string;
}

/** Whether these programs are installed. */
export function requires(...programs: Program[]): Requirement {
  const missing = programs.filter((program) => !isInstalled(program));
  const packages = missing.map((program) => PACKAGES[program]).join(' ');
  return {
    available: missing.length === 0,
    missing,
    apt: `apt-get install -y --no-install-recommends ${packages}`,
  };
}

function isInstalled(program: Program): boolean {
  const file = FILES[program];
  if (file !== undefined) return existsSync(file);
  return (process.env.PATH ?? '').split(delimiter).some((folder) => isExecutable(join(folder, program)));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
