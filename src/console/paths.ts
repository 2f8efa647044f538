export const BUCKETS = '/settings/storage/buckets';
export const BACKENDS = '/settings/storage/backends';
export const JOBS = '/settings/jobs';
export const AUDIT = '/settings/audit';
export const KEYS = '/settings/keys';
export const TOKENS = '/settings/tokens';

/** Where it is told what became of a key. */
export const explainPath = (bucket: string, key: string): string =>
  `${BUCKETS}/${bucket}/explain?key=${encodeURIComponent(key)}`;

/** How what is in a backend is encrypted. */
export const encryptionPath = (backend: string): string => `${BACKENDS}/${backend}/encryption`;
