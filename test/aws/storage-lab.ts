/** What the tests of storage share: a real S3, sessions of one or more deployers on it, and files to send. */
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { createHash, randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { MlfnError } from '../../src/errors.ts';
import { openSession, type Session } from '../../src/providers/aws/session.ts';
import { configSchema, type AwsConfig } from '../../src/providers/aws/config.ts';
import type { Event } from '../../src/events.ts';
import type { Upload } from '../../src/providers/aws/storage/upload.ts';
import { ACCOUNT, awsEnv, type Lab } from './lab/credentials.ts';
import { program } from './lab/programs.ts';
import { answers, freePort, startServer, temporary } from './lab/server.ts';

export const MB = 1 << 20;
const SECRET = 'not-a-secret';

export interface S3Lab extends Lab {
  folder: string;
  log(): string;
}

/** versitygw's accounts are access keys: with ours for a key, ACCOUNT owns what the root makes. */
export async function startS3(region = 'eu-west-1'): Promise<S3Lab> {
  const folder = temporary('s3');
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  mkdirSync(path.join(folder, 'data'));
  const args = ['--access', ACCOUNT, '--secret', SECRET, '--region', region, '--port', `127.0.0.1:${port}`, '--keep-alive', 'posix', path.join(folder, 'data')];
  const server = await startServer({ command: program('versitygw'), args, folder, ready: () => answers(endpoint) });
  return { endpoint, env: { ...awsEnv(endpoint, ACCOUNT, SECRET), AWS_REGION: region }, folder, log: () => server.log(), stop: () => server.stop() };
}

export interface Deployer extends Session {
  events: Event[];
  abort(): void;
}

/** A session as the provider opens it, for an account that no STS is asked for. The SDK reads this process's variables. */
export async function deployerOf(env: Record<string, string>, options: { config?: Partial<AwsConfig>; account?: string } = {}): Promise<Deployer> {
  Object.assign(process.env, env);
  const stop = new AbortController();
  const events: Event[] = [];
  const home = { root: '/nowhere', cache: '/nowhere/cache', local: '/nowhere/local' };
  const ctx = { emit: (event: Event) => void events.push(event), signal: stop.signal, env, cwd: '/', home };
  const config: AwsConfig = { ...configSchema.parse({}), ...options.config };
  const session = await openSession(ctx, config);
  const account = options.account ?? ACCOUNT;
  const own = { account: async () => account, bucket: async () => config.bucket ?? `mlfn-${account}-${session.region}` };
  return Object.create(session, {
    ...Object.fromEntries(Object.entries(own).map(([name, value]) => [name, { value }])),
    events: { value: events },
    abort: { value: () => stop.abort() },
  }) as Deployer;
}

/** A file of random bytes, and what is to be known of it. */
export function fileOf(folder: string, name: string, size: number, key = `objects/${createHash('sha256').update(name).digest('hex')}.zip`): Upload {
  const file = path.join(folder, name);
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

export interface Counter {
  endpoint: string;
  /** Bytes of requests that came through, headers included. */
  bytes(): number;
  stop(): Promise<void>;
}

/** Passes connections on, and counts what is sent over them. */
export async function startCounter(target: string): Promise<Counter> {
  const { hostname, port } = new URL(target);
  let bytes = 0;
  const server = net.createServer((client) => {
    const upstream = net.connect(Number(port), hostname);
    client.on('data', (chunk) => (bytes += chunk.length));
    client.pipe(upstream).pipe(client);
    for (const [one, other] of [[client, upstream], [upstream, client]] as const) {
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as net.AddressInfo).port}`;
  return { endpoint, bytes: () => bytes, stop: async () => void server.close() };
}

/** Parts that the S3 took, by their number, in the order of their arrival. */
export function takenParts(s3: S3Lab): number[] {
  return [...s3.log().matchAll(/\| 200 \|[^\n]*\| PUT \|[^\n]*partNumber=(\d+)/g)].map((match) => Number(match[1]));
}

export async function until(what: () => boolean): Promise<void> {
  while (!what()) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** Without the settings that mlfn gives its bucket: versitygw has no public access block, encryption or lifecycle. */
export async function makeBucket(session: Session, LocationConstraint?: 'eu-west-1'): Promise<void> {
  const place = LocationConstraint === undefined ? {} : { CreateBucketConfiguration: { LocationConstraint } };
  await session.s3.send(new CreateBucketCommand({ Bucket: await session.bucket(), ...place }));
}

/** The error that a promise ends with; anything but an MlfnError fails the test. */
export async function failure(work: Promise<unknown>): Promise<MlfnError> {
  const error = await work.then((value) => new Error(`no error but ${JSON.stringify(value)}`), (reason: unknown) => reason);
  if (error instanceof MlfnError) return error;
  throw error;
}
