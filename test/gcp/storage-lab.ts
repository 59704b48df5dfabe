/** What the tests of storage share: sessions of one or more deployers on a Cloud Storage, and files to send. */
import { createHash, randomBytes } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import path from 'node:path';
import type { Event } from '../../src/events.ts';
import { MlfnError } from '../../src/errors.ts';
import { configSchema, type GcpConfig } from '../../src/providers/gcp/config.ts';
import { openSession, type Session } from '../../src/providers/gcp/session.ts';
import type { Upload } from '../../src/providers/gcp/storage/upload.ts';
import type { StorageLab } from './lab/storage.ts';

export const MB = 1 << 20;
export const REGION = 'europe-west1';

export interface Deployer extends Session {
  events: Event[];
  abort(): void;
}

/** A session as the provider opens it. The client reads this process's variables. */
export async function deployerOf(lab: Pick<StorageLab, 'env' | 'folder'>, config: Partial<GcpConfig> = {}): Promise<Deployer> {
  Object.assign(process.env, lab.env);
  const stop = new AbortController();
  const events: Event[] = [];
  const home = { root: lab.folder, cache: path.join(lab.folder, 'cache'), local: path.join(lab.folder, 'local') };
  const ctx = { emit: (event: Event) => void events.push(event), signal: stop.signal, env: lab.env, cwd: '/', home };
  const session = await openSession(ctx, { ...configSchema.parse({}), region: REGION, ...config });
  await session.storage();
  return { ...session, events, abort: () => stop.abort() };
}

/** A file of random bytes, and what is to be known of it. */
export function fileOf(folder: string, name: string, size: number, key = `objects/${createHash('sha256').update(name).digest('hex')}.tar.gz`): Upload {
  const file = path.join(folder, name.replaceAll(/\W+/g, '-'));
  const hash = createHash('sha256');
  const descriptor = openSync(file, 'w');
  for (let left = size; left > 0; left -= MB) {
    const bytes = randomBytes(Math.min(left, MB));
    hash.update(bytes);
    writeSync(descriptor, bytes);
  }
  closeSync(descriptor);
  return { key, what: key, file, size, sha256: hash.digest('hex') };
}

/** SHA-256 of what is stored at the key. */
export async function stored(session: Session, key: string): Promise<string> {
  const [bytes] = await (await session.storage()).bucket(session.bucket).file(key).download();
  return createHash('sha256').update(bytes).digest('hex');
}

export async function keysOf(session: Session, prefix = ''): Promise<string[]> {
  const [files] = await (await session.storage()).bucket(session.bucket).getFiles({ prefix });
  return files.map(({ name }) => name);
}

export async function until(what: () => boolean): Promise<void> {
  while (!what()) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** The error that a promise ends with; anything but an MlfnError fails the test. */
export async function failure(work: Promise<unknown>): Promise<MlfnError> {
  const error = await work.then((value) => new Error(`no error but ${JSON.stringify(value)}`), (reason: unknown) => reason);
  if (error instanceof MlfnError) return error;
  throw error;
}
