import { encodeKey } from '../../../src/s3/keys.js';
import { readXml, textOf, type XmlElement } from '../../../src/s3/xml/reader.js';
import { ok } from './checks.js';
import type { Query, S3Http } from './s3-http.js';

const VERSIONS = ['Version', 'DeleteMarker'];

/** Removes a bucket with all that is in it, if it is there. */
export async function removeBucket(http: S3Http, bucket: string): Promise<void> {
  const path = `/${bucket}`;
  if ((await http.ask('HEAD', path)).status === 404) return;
  const { elements } = await listed(http, path, { uploads: '' });
  for (const upload of elements.filter(({ name }) => name === 'Upload')) {
    const query = { uploadId: textOf(upload, 'UploadId') ?? '' };
    ok(await http.ask('DELETE', objectPath(path, upload), { query }), 204);
  }
  for (let isMore = true; isMore; ) {
    const page = await listed(http, path, { versions: '' });
    for (const version of page.elements.filter(({ name }) => VERSIONS.includes(name))) {
      const query = { versionId: textOf(version, 'VersionId') ?? 'null' };
      const headers = { 'x-amz-bypass-governance-retention': 'true' };
      ok(await http.ask('DELETE', objectPath(path, version), { query, headers }), 204);
    }
    isMore = page.isTruncated;
  }
  ok(await http.ask('DELETE', path), 204);
}

async function listed(http: S3Http, path: string, query: Query) {
  const root = readXml(ok(await http.ask('GET', path, { query })).body);
  return { elements: root.children, isTruncated: textOf(root, 'IsTruncated') === 'true' };
}

function objectPath(path: string, element: XmlElement): string {
  return `${path}/${encodeKey(textOf(element, 'Key') ?? '')}`;
}
