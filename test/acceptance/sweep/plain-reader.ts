import { createHash } from 'node:crypto';
import pLimit from 'p-limit';
import { Pool } from 'undici';

interface Place {
  readonly endpoint: string;
  readonly bucket: string;
}

/** The MD5 of what each of those objects, which anybody may read, has: by plain HTTP, without signature or SDK. Absent ones are left out. */
export async function readPlainly(
  { endpoint, bucket }: Place,
  keys: readonly string[],
): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const pool = new Pool(endpoint, { connections: 16 });
  const limit = pLimit(16);
  const readOne = async (key: string) => {
    const path = `/${bucket}/${key.split('/').map(escaped).join('/')}`;
    const { statusCode, body } = await pool.request({ path, method: 'GET' });
    const md5 = createHash('md5');
    for await (const chunk of body) md5.update(chunk);
    if (statusCode === 200) found.set(key, md5.digest('hex'));
    else if (statusCode !== 404) throw new Error(`${path} was answered ${statusCode}`);
  };
  await Promise.all(keys.map((key) => limit(() => readOne(key))));
  await pool.close();
  return found;
}

/** RFC 3986, section 2.3: all but the unreserved characters. */
const escaped = (name: string): string =>
  encodeURIComponent(name).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
