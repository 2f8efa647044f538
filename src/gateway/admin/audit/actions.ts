/** What the audit log calls what a route does, by its method and path; null for one that changes nothing, or whose doing is part of another. */
export const ACTIONS: Readonly<Record<string, string | null>> = {
  'POST /buckets': 'bucket.create',
  'PATCH /buckets/:name': 'bucket.change',
  'DELETE /buckets/:name': 'bucket.destroy',
  'POST /buckets/:name/migrate': 'bucket.migrate',
  'POST /buckets/:name/presign': 'object.presign',
  'POST /buckets/:name/keys': 'key.create',
  'DELETE /keys/:id': 'key.revoke',
  'POST /backends': 'backend.add',
  'PATCH /backends/:name': 'backend.change',
  'DELETE /backends/:name': 'backend.remove',
  'POST /backends/:name/probe': 'backend.probe',
  'POST /backends/:name/rotate': 'backend.rotate',
  'POST /tokens': 'token.create',
  'DELETE /tokens/:id': 'token.revoke',
  ...ofPass('sweep'),
  ...ofPass('verify'),
  'POST /buckets/:name/sweep/named': 'sweep.start-named',
  'POST /buckets/:name/sweep/named/keys': null,
  'POST /shadow-trials': null,
  'POST /jobs/:id/cancel': 'job.cancel',
  'POST /jobs/:id/pause': 'job.pause',
  'POST /jobs/:id/resume': 'job.resume',
  'POST /jobs/:id/retry': 'job.retry',
  'POST /jobs/:id/rollback': 'job.rollback',
};

function ofPass(kind: 'sweep' | 'verify'): Record<string, string> {
  const path = `/buckets/:name/${kind}`;
  const verbs = ['pause', 'resume', 'stop', 'retry-failed'];
  return {
    [`POST ${path}`]: `${kind}.start`,
    [`PATCH ${path}`]: `${kind}.change`,
    ...Object.fromEntries(verbs.map((verb) => [`POST ${path}/${verb}`, `${kind}.${verb}`])),
  };
}
