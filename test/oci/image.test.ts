/** A model as an image, by the real command line: judged by skopeo, crane and umoci, and really run on a Debian, without Docker. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { appendFileSync, cpSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../aws/lab/server.ts';
import { Lab } from '../e2e/lab.ts';
import { python } from '../python.ts';
import { judged } from './lab.ts';
import { crane, debian, installed } from './programs.ts';

const examples = path.resolve(import.meta.dirname, '../../examples');
const BASE = `oci:${debian}:trixie`;

let lab: Lab;
beforeAll(() => {
  lab = new Lab({ engine: 'auto' });
});
afterAll(() => lab.close());

interface Made {
  name: string;
  digest: string;
  python: string;
  layers: { what: string; digest: string; bytes: number }[];
  file: { path: string; bytes: number };
}

function folderOf(example: string): string {
  const folder = path.join(lab.folder, example);
  cpSync(path.join(examples, example), folder, { recursive: true });
  return folder;
}

interface ImageConfig {
  architecture: string;
  config: Record<string, unknown>;
  rootfs: { diff_ids: string[] };
  history: { empty_layer?: boolean }[];
}

/** The archive as umoci lays it down, and its configuration. */
function unpacked(archive: string): { root: string; config: ImageConfig } {
  const layout = `${archive}.layout`;
  mkdirSync(layout);
  judged('tar', '-xf', archive, '-C', layout);
  judged(installed('umoci'), 'unpack', '--image', `${layout}:latest`, `${archive}.bundle`);
  return { root: path.join(`${archive}.bundle`, 'rootfs'), config: configOf(archive) };
}

function configOf(archive: string): ImageConfig {
  return JSON.parse(judged(installed('skopeo'), 'inspect', '--config', `oci-archive:${archive}`)) as ImageConfig;
}

/** Starts what the configuration says as whom it says, on a file system that cannot be written; asks; ends it as platforms do. */
async function running<T>({ root, config }: ReturnType<typeof unpacked>, ask: (url: string) => Promise<T>): Promise<{ answer: T; code: number | null; log: string }> {
  const port = String(await freePort());
  const { User, WorkingDir, Entrypoint, Env } = config.config as { User: string; WorkingDir: string; Entrypoint: string[]; Env: string[] };
  const [uid = '', gid = ''] = User.split(':');
  const env = [...Env, `PORT=${port}`].flatMap((each) => ['--setenv', each.slice(0, each.indexOf('=')), each.slice(each.indexOf('=') + 1)]);
  const args = ['--ro-bind', root, '/', '--proc', '/proc', '--dev', '/dev', '--tmpfs', '/tmp', '--unshare-user', '--unshare-ipc', '--unshare-uts'];
  const child = spawn(installed('bwrap'), [...args, '--uid', uid, '--gid', gid, '--clearenv', ...env, '--chdir', WorkingDir, ...Entrypoint], { stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (log += text));
  const ended = once(child, 'close');
  try {
    const url = `http://127.0.0.1:${port}`;
    while (child.exitCode === null && !(await fetch(`${url}/healthz`).then((response) => response.ok, () => false))) await wait(50);
    return { answer: await ask(url), log, code: await stopped(child.pid as number, ended) };
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${log}`, { cause: error });
  } finally {
    child.kill('SIGKILL');
  }
}

/** bwrap hands no signal on: what it started gets it. */
async function stopped(pid: number, ended: Promise<unknown[]>): Promise<number | null> {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
  for (const child of children.length > 0 ? children : [pid]) process.kill(child, 'SIGTERM');
  return (await ended)[0] as number | null;
}

async function post(url: string, body: string): Promise<unknown> {
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  return response.json();
}

describe('heart-disease', () => {
  let folder: string;
  let made: Made;
  beforeAll(async () => {
    folder = folderOf('heart-disease');
    made = await lab.json<Made>(['image', '--base', BASE, '-o', 'one.tar', '--concurrency', '3', '--label', 'team=vision', '--env', 'THRESHOLD=0.5'], { cwd: folder });
  });

  test('is an image to everything that reads images', () => {
    expect(made.layers.map(({ what }) => what)).toEqual(['base', 'dependencies', 'code', 'model']);
    expect(judged(crane, 'validate', '--tarball', made.file.path)).toContain('PASS');
    for (const kind of ['oci-archive', 'docker-archive']) {
      const seen = JSON.parse(judged(installed('skopeo'), 'inspect', `${kind}:${made.file.path}`)) as { Layers: string[]; Digest: string };
      expect(seen.Layers.length).toBe(4);
      if (kind === 'oci-archive') expect(seen).toMatchObject({ Digest: made.digest, Layers: made.layers.map(({ digest }) => digest) });
    }
  });

  test('says how it is started, as whom, and of what it was made; the base is below', () => {
    const { config } = unpacked(made.file.path);
    expect(config).toMatchObject({
      architecture: 'amd64',
      config: {
        User: '65532:65532',
        WorkingDir: '/app',
        Entrypoint: ['/usr/bin/python3.13', '/app/main.py'],
        Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'THRESHOLD=0.5', 'MLFN_THREADS=3'],
        ExposedPorts: { '8080/tcp': {} },
        Labels: { team: 'vision', 'mlfn.python': '3.13', 'org.opencontainers.image.title': 'heart-disease' },
      },
    });
    expect(config.config).not.toHaveProperty('Cmd');
    expect([config.rootfs.diff_ids.length, config.history.filter((each) => each.empty_layer !== true).length]).toEqual([4, 4]);
  });

  test('says which objects requests may name, and no folder of this machine that stands for a bucket', async () => {
    const own = path.join(lab.folder, 'with-data');
    cpSync(path.join(examples, 'heart-disease'), own, { recursive: true });
    mkdirSync(path.join(own, 'bucket'));
    appendFileSync(path.join(own, 'mlfn.yaml'), 'data: {read: [s3://patients/in/], folders: {patients: bucket}}\n');
    const { file } = await lab.json<Made>(['image', '--base', BASE, '-o', 'data.tar'], { cwd: own });
    const { Env } = unpacked(file.path).config.config as { Env: string[] };
    const [told = ''] = Env.filter((each) => each.startsWith('MLFN_DATA='));
    expect(JSON.parse(told.slice('MLFN_DATA='.length))).toEqual({ read: ['s3://patients/in/'], memory: 1024 });
  });

  test('runs and answers as the example says', async () => {
    const root = `${made.file.path}.bundle/rootfs`;
    const config = configOf(made.file.path);
    const payload = readFileSync(path.join(folder, 'payload.json'), 'utf8');
    const ran = await running({ root, config }, async (url) => [await post(url, payload), await post(url, '{"age": "old"}')]);
    expect(ran.answer).toMatchObject([{ diagnosis: 'heart-disease' }, { status: 422 }]);
    expect(ran.code, ran.log).toBe(0);
  });

  test('is the same to the byte in another time zone, umask and folder', async () => {
    const other = path.join(lab.folder, 'elsewhere');
    cpSync(path.join(examples, 'heart-disease'), other, { recursive: true });
    const options = ['--base', BASE, '--name', 'heart-disease', '-o', 'two.tar', '--concurrency', '3', '--label', 'team=vision', '--env', 'THRESHOLD=0.5'];
    // No layer is taken from the first.
    rmSync(path.join(lab.home, 'cache/oci'), { recursive: true });
    const again = await lab.json<Made>(['image', ...options], { cwd: other, env: { TZ: 'Pacific/Kiritimati', LC_ALL: 'C' } });
    expect(again.digest).toBe(made.digest);
    const sum = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');
    expect(sum(again.file.path)).toBe(sum(made.file.path));
  });

  test('another model is another last layer, and nothing else', async () => {
    judged(python, '-c', `import joblib; m = joblib.load("${folder}/model.joblib"); m[-1].intercept_ += 0.5; joblib.dump(m, "${folder}/model.joblib")`);
    const changed = await lab.json<Made>(['image', '--base', BASE, '-o', 'three.tar', '--concurrency', '3'], { cwd: folder });
    const digests = (image: Made) => image.layers.map(({ digest }) => digest);
    expect(digests(changed).slice(0, 3)).toEqual(digests(made).slice(0, 3));
    expect(digests(changed)[3]).not.toBe(digests(made)[3]);
  });
});

describe('the libraries themselves', () => {
  test('are a layer of their own, and answer on a file system that cannot be written', async () => {
    const folder = folderOf('knn-digits');
    const made = await lab.json<Made>(['image', '--base', BASE, '--engine', 'native', '-o', 'knn.tar'], { cwd: folder });
    expect(made.layers.find(({ what }) => what === 'dependencies')?.bytes).toBeGreaterThan(20_000_000);
    const [first] = JSON.parse(readFileSync(path.join(folder, 'expected.json'), 'utf8')) as { answer: unknown }[];
    const payload = readFileSync(path.join(folder, 'payload.json'), 'utf8');
    const ran = await running(unpacked(made.file.path), (url) => post(url, payload));
    expect(ran.answer).toMatchObject(first?.answer as object);
    expect(ran.code, ran.log).toBe(0);
  });
});

describe('a function', () => {
  test('is an image without a model, and answers', async () => {
    const folder = folderOf('marco-polo');
    const made = await lab.json<Made>(['image', '--base', BASE, '-o', 'polo.tar'], { cwd: folder });
    expect(made.layers.map(({ what }) => what)).toEqual(['base', 'dependencies', 'code']);
    const ran = await running(unpacked(made.file.path), (url) => post(url, '{"name": "Marco"}'));
    expect(ran.answer).toBe('Polo');
    expect(ran.code, ran.log).toBe(0);
  });
});
