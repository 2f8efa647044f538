/** Where the admin API has a bucket. */
export function bucketPath(name: string): string {
  return `/buckets/${encodeURIComponent(name)}`;
}
