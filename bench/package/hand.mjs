// Packages made by hand, as deploy scripts and tutorials do. Such a script knows nothing of its last run: it does it all again.
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { inTurn } from './run.mjs';

const root = path.dirname(path.dirname(import.meta.dirname));

/** Wheels for Lambda, whatever machine this is. */
export const MANYLINUX = ['--python-platform', 'x86_64-manylinux_2_28', '--only-binary', ':all:'];

/** A script of an install into the folder `package`, and of an archive of it, `package.zip`. */
function byHand({ name, command, work, watch, model, install, archive }) {
  const project = path.join(work, name.replaceAll(/\W+/g, '-'));
  const folder = path.join(project, 'package');
  const zip = path.join(project, 'package.zip');
  let taken;
  return {
    name, command,
    handler: 'app.handler',
    lay() {
      mkdirSync(project, { recursive: true });
      cpSync(model.requirements, path.join(project, 'requirements.txt'));
    },
    take: (file) => (taken = file),
    acts: {
      fresh() {
        for (const each of [folder, zip]) rmSync(each, { recursive: true, force: true });
        mkdirSync(folder);
        cpSync(taken, path.join(folder, 'model.joblib'));
        cpSync(path.join(root, `bench/handlers/${model.shape}.py`), path.join(folder, 'app.py'));
        return inTurn(...[install, archive].map(([program, ...words]) => () => watch(program, words, { cwd: folder })));
      },
    },
    zips: async () => [zip],
  };
}

/** uv, and an archiver in a hurry. No byte code: with it there would be twice the files. */
export function uvAnd(name, archive, { uv, python, ...party }) {
  const install = [uv, 'pip', 'install', '--quiet', '--target', '.', '--python', python, ...MANYLINUX, '-r', '../requirements.txt'];
  const shown = [path.basename(archive[0]), ...archive.slice(1)].join(' ');
  return byHand({ ...party, name: `uv + ${name}`, command: `uv pip install --target . -r requirements.txt && ${shown}`, install, archive });
}

export function tutorial({ python, zip, ...party }) {
  const install = [python, '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-t', '.', '-r', '../requirements.txt'];
  return byHand({ ...party, name: "a tutorial's pip + zip", command: 'pip install -t . -r requirements.txt && zip -r package.zip .', install, archive: [zip, '-qr', '../package.zip', '.'] });
}
