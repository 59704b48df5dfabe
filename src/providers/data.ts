/** Data by reference: what a worker is told of the objects that requests may name, and what its role must be allowed for them. */
import type { DataSettings, RuntimeSettings } from '../live.ts';

/** Read by templates/python/mlfn_serve/data/. */
export const DATA_VARIABLE = 'MLFN_DATA';

export function dataVariables({ data, memory }: Pick<RuntimeSettings, 'data' | 'memory'>): Record<string, string> {
  return data === undefined ? {} : { [DATA_VARIABLE]: JSON.stringify({ ...data, memory }) };
}

export interface Bucket {
  bucket: string;
  /** Without a slash at the beginning; `` is all of the bucket, `a/` what is below it, `a` that object and what is below it. */
  prefix: string;
}

/** Of all releases that are kept, each once and in order. */
export function placesOf(releases: readonly { settings: { data?: DataSettings } }[], scheme: 's3' | 'gs'): { read: Bucket[]; write: Bucket[] } {
  const data = releases.flatMap(({ settings }) => settings.data ?? []);
  const parsed = (uris: string[]) => [...new Set(uris)].filter((uri) => uri.startsWith(`${scheme}://`)).toSorted().map(bucketOf);
  // An answer is always below the place, whether that ends with a slash or not.
  return { read: parsed(data.flatMap(({ read }) => read)), write: parsed(data.flatMap(({ write }) => (write === undefined ? [] : `${write.replace(/\/$/, '')}/`))) };
}

/** Of one that begins with `SCHEME://`. */
function bucketOf(uri: string): Bucket {
  const [, bucket = '', prefix = ''] = /^\w+:\/\/([^/]+)\/?(.*)$/s.exec(uri) ?? [];
  return { bucket, prefix };
}

/** For a plan: `, reads s3://b/in/, writes s3://b/out/`. */
export function dataText(releases: readonly { settings: { data?: DataSettings } }[], scheme: 's3' | 'gs'): string {
  const { read, write } = placesOf(releases, scheme);
  const named = (places: Bucket[]) => places.map(({ bucket, prefix }) => `${scheme}://${bucket}/${prefix}`).join(', ');
  return `${read.length === 0 ? '' : `, reads ${named(read)}`}${write.length === 0 ? '' : `, writes ${named(write)}`}`;
}
