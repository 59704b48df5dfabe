/** A build as Cloud Build makes it from a function's source: unpack, check, install the requirements, and keep an image. */
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { randomUUID } from 'node:crypto';
import type { Image } from '../run/revisions.ts';
import { last } from '../run/messages.ts';
import { environment } from '../runner/environment.ts';
import { versionOf } from '../runner/runtimes.ts';
import { checkSize, missing, unzip } from '../runner/source.ts';
import { Status } from '../status.ts';
import type { World } from '../world.ts';
import { failingLog } from './failing-log.ts';
import type { Fn } from './messages.ts';

export interface Build {
  id: string;
  /** `projects/NUMBER/locations/L/builds/ID` */
  name: string;
  status: 'WORKING' | 'SUCCESS' | 'FAILURE';
  createTime: string;
  finishTime?: string;
  failureInfo?: { type: string; detail: string };
  serviceAccount?: string;
  images: string[];
}

export function newBuild(world: World, fn: Fn): Build {
  const id = randomUUID();
  const location = fn.name.split('/')[3] as string;
  const account = fn.buildConfig?.serviceAccount;
  const build: Build = { id, name: `projects/${world.number}/locations/${location}/builds/${id}`, status: 'WORKING', createTime: new Date().toISOString(), images: [], ...(account && { serviceAccount: account }) };
  world.builds.set(id, build);
  return build;
}

/** @throws Status as the function's operation ends with; the build's log holds why */
export async function make(world: World, fn: Fn, build: Build): Promise<{ name: string; image: Image }> {
  const log = (text: string) => world.logs.add({ logName: `projects/${world.project}/logs/cloudbuild`, resource: { type: 'build', labels: { build_id: build.id, build_trigger_id: '', project_id: world.project } }, severity: 'INFO', textPayload: text });
  try {
    log(`starting build "${build.id}"`);
    if (world.failingBuilds.delete(last(fn.name))) {
      for (const line of failingLog()) log(line);
      throw new Status('INVALID_ARGUMENT', '(error ID: 0b3a6a0a): installing the requirements failed');
    }
    const image = await built(world, fn, log);
    const name = `${fn.name.split('/')[3]}-docker.pkg.dev/${world.project}/gcf-artifacts/${world.project.replaceAll('-', '--')}__${(fn.name.split('/')[3] as string).replaceAll('-', '--')}__${last(fn.name)}:version_${world.builds.size}`;
    Object.assign(build, { status: 'SUCCESS', images: [name] });
    log('PUSH');
    log('DONE');
    return { name, image };
  } catch (error) {
    const why = error instanceof Status ? error.message : String((error as Error).stack);
    log(`ERROR: failed to build: exit status 1\n${why}`);
    log('ERROR');
    Object.assign(build, { status: 'FAILURE', failureInfo: { type: 'USER_BUILD_STEP', detail: why.slice(0, 400) } });
    const location = fn.name.split('/')[3];
    throw new Status('INVALID_ARGUMENT', `Build failed with status: FAILURE and message: ${why.split('\n').slice(-3).join('\n')}. For more details see the logs at https://console.cloud.google.com/cloud-build/builds;region=${location}/${build.id}?project=${world.number}.`);
  } finally {
    build.finishTime = new Date().toISOString();
  }
}

async function built(world: World, fn: Fn, log: (line: string) => void): Promise<Image> {
  const { source, runtime, entryPoint = last(fn.name) } = fn.buildConfig as NonNullable<Fn['buildConfig']>;
  const place = source?.storageSource as { bucket: string; object: string };
  readable(world, fn);
  if (!(await world.sources.exists(place))) throw missing(place);
  const folder = path.join(world.folder, 'builds', randomUUID());
  await mkdir(folder, { recursive: true });
  const archive = path.join(folder, 'source.zip');
  await world.sources.fetch(place, archive);
  await checkSize(archive);
  const cwd = path.join(folder, 'workspace');
  log('FETCHSOURCE');
  await unzip(archive, cwd);
  await rm(archive);
  log('BUILD');
  log('=== Python - pip (google.python.pip@0.9.2) ===');
  await checkMain(cwd, entryPoint);
  const { bin, packages } = await environment(versionOf(runtime as string) as string, path.join(cwd, 'requirements.txt'), log);
  const env = { FUNCTION_TARGET: entryPoint, FUNCTION_SIGNATURE_TYPE: 'http', PYTHONPATH: packages, PYTHONUNBUFFERED: 'TRUE', PATH: `${path.join(packages, 'bin')}:${bin}:/usr/bin:/bin` };
  return { cwd, command: path.join(bin, 'python3'), args: ['-m', 'functions_framework'], env };
}

/** Source: https://cloud.google.com/functions/docs/writing#directory-structure-python */
async function checkMain(folder: string, entryPoint: string): Promise<void> {
  const main = path.join(folder, 'main.py');
  if (!existsSync(main)) throw new Status('INVALID_ARGUMENT', "missing main.py and GOOGLE_FUNCTION_SOURCE not specified. Either create the function in main.py or specify GOOGLE_FUNCTION_SOURCE to point to the file that contains the function");
  const name = entryPoint.replace(/[.]/g, '\\.');
  const text = await readFile(main, 'utf8');
  if (!new RegExp(`^(?:async )?def ${name}\\b|^${name}\\s*[:=]|import .*\\b${name}\\b`, 'm').test(text)) throw new Status('INVALID_ARGUMENT', `main.py does not define the entry point ${entryPoint}.`);
}

/** The build fetches a copy of the source as its own account. Source: https://cloud.google.com/functions/docs/building */
function readable(world: World, fn: Fn): void {
  const builder = fn.buildConfig?.serviceAccount;
  if (!builder) return;
  const email = last(builder);
  const bucket = `gcf-v2-sources-${world.number}-${fn.name.split('/')[3]}`;
  const object = `projects/_/buckets/${bucket}/objects/${last(fn.name)}/function-source.zip`;
  if (world.policies.allowsObject(`serviceAccount:${email}`, 'storage.objects.get', object)) return;
  throw new Status('INVALID_ARGUMENT', `failed to Fetch: failed to download archive gs://${bucket}/${last(fn.name)}/function-source.zip: Access to bucket ${bucket} denied. You must grant Storage Object Viewer permission to ${email}.`);
}
