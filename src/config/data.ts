/** `data:` of mlfn.yaml: which objects requests may name. Each target is told of the places that it can reach. */
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import * as z from 'zod';
import type { DataSettings } from '../live.ts';
import type { TargetName } from '../providers/index.ts';

/**
 * Signs that mean something in a policy (`*`, `?`, `${`) or in a condition (`"`, `\`) are no part of a place.
 * docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html, cloud.google.com/storage/docs/buckets#naming
 */
const CLOUD = /^(s3|gs):\/\/[a-z0-9][a-z0-9._-]{1,220}[a-z0-9](\/[^*?$"\\\p{Cc}]*)?$/u;
const OTHER_SCHEME = /^[a-z][a-z0-9+.-]+:/i;
const PLACE_RULE = 's3://BUCKET/FOLDER/, gs://BUCKET/FOLDER/ or the path of a folder, without `..`, `//` and *';

const place = z.string({ error: PLACE_RULE }).refine(isPlace, { error: PLACE_RULE });

export const dataSchema = z.strictObject(
  {
    read: z.array(place, { error: 'a list of places' }).min(1, { error: 'a list of places' }).describe('What requests may name: objects below these places. A path is of the local target.'),
    write: place.optional().describe('Where answers are written that are too large for one.'),
    formats: z
      .array(z.enum(['joblib'], { error: 'joblib: the other formats need no leave' }), { error: 'a list' })
      .optional()
      .describe('`joblib` allows pickles, which can run code when they are read.'),
    folders: z
      .record(z.string(), z.string({ error: 'the path of a folder' }), { error: 'a mapping of buckets to folders' })
      .optional()
      .describe('A folder that stands for a bucket, on the local target.'),
  },
  { error: 'a mapping with `read`' },
);

export type DataValues = z.infer<typeof dataSchema>;

function isPlace(text: string): boolean {
  if (CLOUD.test(text)) return text.replace(/\/$/, '').split('/').slice(3).every((part) => !['', '.', '..'].includes(part));
  // A drive's letter is no scheme.
  return text !== '' && !text.includes('\0') && (!OTHER_SCHEME.test(text) || /^[a-z]:[\\/]/i.test(text));
}

/** What of it a target can reach, in an order of its own; paths start at `folder`. */
export function dataFor(target: TargetName, { read, write, formats = [], folders = {} }: DataValues, folder: string): DataSettings {
  const buckets = Object.fromEntries(Object.entries(folders).map(([name, where]) => [name, folderUri(folder, where)]));
  const reaches = (text: string) => {
    const [scheme, bucket = ''] = CLOUD.test(text) ? text.split(/:?\/+/) : ['file'];
    if (target === 'local') return scheme === 'file' || Object.hasOwn(buckets, bucket);
    return scheme === (target === 'aws' ? 's3' : 'gs');
  };
  const named = (text: string) => (CLOUD.test(text) ? text : placeUri(folder, text));
  return {
    read: [...new Set(read.filter(reaches).map(named))].toSorted(),
    ...(write === undefined || !reaches(write) ? {} : { write: named(write) }),
    ...(formats.length === 0 ? {} : { formats: [...new Set(formats)].toSorted() }),
    ...(target !== 'local' || Object.keys(buckets).length === 0 ? {} : { folders: buckets }),
  };
}

/** `./data/` keeps its slash: only what is below it is meant. */
function placeUri(folder: string, text: string): string {
  const uri = pathToFileURL(path.resolve(folder, text)).href;
  return /[\\/]$/.test(text) && !uri.endsWith('/') ? `${uri}/` : uri;
}

function folderUri(folder: string, text: string): string {
  return placeUri(folder, `${text.replace(/[\\/]+$/, '')}/`);
}
