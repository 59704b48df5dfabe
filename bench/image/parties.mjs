// Who makes an image of a model and pushes it, and how. Each is what its users would keep in a script: dependencies in one layer, the
// model and what serves it in another.
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { inTurn } from '../package/run.mjs';
import { BASE, crane } from './registry.mjs';

const root = path.dirname(path.dirname(import.meta.dirname));
/** As the base has it. */
const PYTHON = '3.13';
const WHEELS = ['--python-version', PYTHON, '--python-platform', 'x86_64-manylinux_2_28', '--only-binary', ':all:'];
/** What mlfn knows of one lock, one model and one image; wheels that are fetched and unpacked it keeps, as uv does in its cache. */
const KNOWN = ['children', 'compiled', 'dependencies', 'environments', 'hashes', 'locks', 'serving', 'slim', 'oci'];

/** `acts`: first (nothing of it was made, or sent), same, changed. */
export function mlfn({ work, home, watch, model, engine }) {
  const name = engine === undefined ? 'mlfn' : `mlfn, ${engine}`;
  const project = path.join(work, name.replaceAll(/\W+/g, '-'));
  const chosen = engine === undefined ? [] : ['--engine', engine];
  const push = (host) =>
    watch(process.execPath, [path.join(root, 'bin/mlfn.js'), 'image', 'model.joblib', '--name', 'bench', ...chosen, '--base', `${host}/${BASE}`, '--push', `${host}/bench:latest`, '--json'], {
      cwd: project, env: { MLFN_HOME: home },
    });
  return {
    name,
    command: `mlfn image model.joblib${chosen.map((word) => ` ${word}`).join('')} --base HOST/${BASE} --push HOST/bench:latest`,
    repository: 'bench',
    lay() {
      mkdirSync(project, { recursive: true });
      cpSync(model.requirements, path.join(project, 'requirements.txt'));
    },
    take: (file) => cpSync(file, path.join(project, 'model.joblib')),
    fill: push,
    forget() {
      for (const each of KNOWN) rmSync(path.join(home, 'cache', each), { recursive: true, force: true });
    },
    acts: { first: push, same: push, changed: push },
  };
}

/** A folder `dependencies` by uv, and one with the model and a handler; `steps(host)` makes an image of both and pushes it. */
function byHand({ name, command, repository, work, watch, model, uv, steps }) {
  const project = path.join(work, repository);
  const folders = ['dependencies', 'code'].map((each) => path.join(project, each, 'app'));
  const [dependencies, code] = folders;
  const run = ([program, ...words]) => () => watch(program, words, { cwd: project });
  const install = [uv, 'pip', 'install', '--quiet', '--target', dependencies, ...WHEELS, '-r', model.requirements];
  const whole = (host) => inTurn(...steps(host).map(run));
  return {
    name, command, repository,
    lay: () => mkdirSync(project, { recursive: true }),
    take(file) {
      mkdirSync(code, { recursive: true });
      cpSync(file, path.join(code, 'model.joblib'));
      cpSync(path.join(root, `bench/handlers/${model.shape}.py`), path.join(code, 'app.py'));
      writeFileSync(path.join(project, 'Dockerfile'), `ARG BASE\nFROM $BASE\nCOPY dependencies /\nCOPY code /\nENTRYPOINT ["python3", "/app/app.py"]\n`);
    },
    fill: () => undefined,
    forget() {
      for (const each of ['dependencies', 'storage', 'run']) rmSync(path.join(project, each), { recursive: true, force: true });
    },
    acts: {
      first: async (host) => {
        mkdirSync(dependencies, { recursive: true });
        return inTurn(run(install), () => whole(host));
      },
      same: whole,
      changed: whole,
    },
  };
}

/** As bytes do not change by themselves. */
const layer = (folder) => ['tar', '-czf', `${folder}.tar.gz`, '--owner=0', '--group=0', '--sort=name', '--mtime=@0', '-C', folder, 'app'];

/** It has no cache: both layers are compressed again each time. */
export function craneAppend(party) {
  return byHand({
    ...party, name: 'tar + crane append', repository: 'crane',
    command: 'uv pip install --target dependencies/app && tar -czf dependencies.tar.gz && tar -czf code.tar.gz && crane append -f dependencies.tar.gz -f code.tar.gz',
    steps: (host) => [layer('dependencies'), layer('code'), [crane, 'append', '--insecure', '-b', `${host}/${BASE}`, '-f', 'dependencies.tar.gz', '-f', 'code.tar.gz', '-t', `${host}/crane:latest`]],
  });
}

/** Without overlayfs, which needs rights that CI has not always; layers are cached. */
export function buildah(party) {
  const storage = ['--storage-driver', 'vfs', '--root', 'storage', '--runroot', 'run'];
  return byHand({
    ...party, name: 'buildah', repository: 'buildah',
    command: 'uv pip install --target dependencies/app && buildah bud --layers --isolation chroot && buildah push',
    steps: (host) => [
      ['buildah', ...storage, 'bud', '--quiet', '--layers', '--isolation', 'chroot', '--tls-verify=false', '--build-arg', `BASE=${host}/${BASE}`, '-t', `${host}/buildah:latest`, '.'],
      ['buildah', ...storage, 'push', '--quiet', '--tls-verify=false', `${host}/buildah:latest`],
    ],
  });
}
