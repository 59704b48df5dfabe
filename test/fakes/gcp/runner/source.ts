/** Fetches and unpacks what was uploaded. */
import { execFile } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import yauzl from 'yauzl';
import { Status } from '../status.ts';

const execute = promisify(execFile);

/** Bytes of an archive. Source: https://cloud.google.com/run/docs/deploying-source-code#no-build */
const SOURCE_LIMIT = 250 * 1024 * 1024;

export interface Place {
  bucket: string;
  object: string;
  generation?: string;
}

export interface Sources {
  /** Writes the object to the file. Throws NOT_FOUND. */
  fetch(place: Place, file: string): Promise<void>;
  /** True when it is there. */
  exists(place: Place): Promise<boolean>;
}

/** @param storage where Cloud Storage is served; @param uploads files of upload URLs, by `BUCKET/OBJECT` */
export function sources(storage: string, uploads: Map<string, string>): Sources {
  const url = ({ bucket, object, generation }: Place) => `${storage}/storage/v1/b/${bucket}/o/${encodeURIComponent(object)}?${generation && generation !== '0' ? `generation=${generation}&` : ''}`;
  return {
    fetch: async (place, file) => {
      const upload = uploads.get(`${place.bucket}/${place.object}`);
      if (upload !== undefined) return writeFile(file, await readFile(upload));
      const answer = await fetch(`${url(place)}alt=media`);
      if (!answer.ok || !answer.body) throw missing(place);
      await pipeline(Readable.fromWeb(answer.body), createWriteStream(file));
    },
    exists: async (place) => uploads.has(`${place.bucket}/${place.object}`) || (await fetch(url(place))).ok,
  };
}

export function missing({ bucket, object }: Place): Status {
  return new Status('NOT_FOUND', `The source object gs://${bucket}/${object} was not found.`);
}

export async function checkSize(file: string): Promise<void> {
  const { size } = await stat(file);
  if (size > SOURCE_LIMIT) throw new Status('INVALID_ARGUMENT', `The source archive is ${size} bytes, more than the limit of ${SOURCE_LIMIT} bytes.`);
}

export async function untar(file: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await execute('tar', ['-xzf', file, '-C', folder]).catch((error: Error) => {
    throw new Status('INVALID_ARGUMENT', `The source archive is not a tar.gz: ${error.message}`);
  });
}

export async function unzip(file: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const archive = await new Promise<yauzl.ZipFile>((resolve, reject) =>
    yauzl.open(file, { lazyEntries: true }, (error, opened) => (error ? reject(new Status('INVALID_ARGUMENT', `The source archive is not a zip: ${error.message}`)) : resolve(opened))),
  );
  await new Promise<void>((resolve, reject) => {
    archive.on('error', reject);
    archive.on('end', resolve);
    archive.on('entry', (entry: yauzl.Entry) => void extract(archive, entry, folder).then(() => archive.readEntry(), reject));
    archive.readEntry();
  });
}

async function extract(archive: yauzl.ZipFile, entry: yauzl.Entry, folder: string): Promise<void> {
  const file = path.join(folder, entry.fileName);
  if (entry.fileName.endsWith('/')) return void (await mkdir(file, { recursive: true }));
  await mkdir(path.dirname(file), { recursive: true });
  const stream = await new Promise<Readable>((resolve, reject) => archive.openReadStream(entry, (error, opened) => (error ? reject(error) : resolve(opened))));
  const mode = (entry.externalFileAttributes >>> 16) & 0o777;
  await pipeline(stream, createWriteStream(file, { mode: mode || 0o644 }));
}
