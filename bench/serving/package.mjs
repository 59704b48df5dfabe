// What `mlfn build` makes of a model, laid out as the platform has it.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { pythonOf } from '../../scripts/venv.mjs';

const root = path.dirname(path.dirname(import.meta.dirname));
/** Kept between runs: wheels are fetched once. */
export const home = path.join(root, '.bench/home');
const UNZIP = 'import sys, zipfile; zipfile.ZipFile(sys.argv[1]).extractall(sys.argv[2])';
const PLACES = {
  aws: { words: ['--region', 'eu-west-1'], settings: {}, beside: '../opt/python' },
  gcp: { words: ['--region', 'europe-west1', '--project', 'bench'], settings: { gcp: { mode: 'run' } }, beside: 'dependencies' },
};

/** Runs mlfn and gives its JSON. @throws what it says */
export function mlfn(cwd, ...args) {
  try {
    return JSON.parse(execFileSync(process.execPath, [path.join(root, 'bin/mlfn.js'), ...args, '--json'], { cwd, env: { ...process.env, MLFN_HOME: home }, stdio: ['ignore', 'pipe', 'ignore'], encoding: 'utf8' }));
  } catch (error) {
    throw new Error(JSON.parse(error.stdout || '{}').error?.message ?? `mlfn ${args.join(' ')} failed: ${error.message}`, { cause: error });
  }
}

/** The words of `build` and `deploy` for a model that lies in the folder: mlfn.yaml is looked for beside it. */
export const wordsFor = (model) => ['model.joblib', '--sample', model.one, '--requirements', model.requirements, '--python', '3.12'];

/**
 * @param target aws | gcp (Cloud Run without a build)
 * @param folder that does not exist yet
 * @returns `{engine, task, opt, bytes, env}`: who evaluates, the folder of the function, that of the dependencies' layer on AWS, bytes
 *   of the zips, and where a model is that is not in them; or `{refused}`, why there is no such package
 */
export function packageOf(model, engine, target, folder) {
  const { words, settings, beside } = PLACES[target];
  const [out, task] = [path.join(folder, 'out'), path.join(folder, 'task')];
  mkdirSync(folder, { recursive: true });
  cpSync(model.model, path.join(folder, 'model.joblib'));
  writeFileSync(path.join(folder, 'mlfn.yaml'), JSON.stringify({ name: model.name, ...settings }));
  try {
    mlfn(folder, 'build', ...wordsFor(model), '--engine', engine, '--target', target, ...words, '--out', out);
  } catch (error) {
    return { refused: error.message };
  }
  const zips = ['function', 'dependencies'].map((part) => path.join(out, `${part}.zip`)).filter(existsSync);
  const bytes = zips.reduce((sum, zip) => sum + statSync(zip).size, 0);
  for (const zip of zips) unzip(zip, zip.endsWith('function.zip') ? task : path.join(task, beside));
  rmSync(out, { recursive: true });
  const { format, fetched } = JSON.parse(readFileSync(path.join(task, 'settings.json'), 'utf8')).artifact;
  const evaluates = engineOf(format, path.join(task, beside));
  const apart = () => (evaluates === 'native' ? model.model : modelFile(packageOf(model, evaluates, 'aws', path.join(folder, 'whole'))));
  const env = fetched === undefined ? {} : modelAt(apart(), folder);
  return { engine: evaluates, task, opt: path.join(folder, 'opt'), bytes, env };
}

/** A compiled model says of itself that it is one; onnxruntime is there for graphs in it. */
function engineOf(format, dependencies) {
  if (format !== 'plain') return 'native';
  return existsSync(path.join(dependencies, 'onnxruntime')) ? 'onnx' : 'plain';
}

/** The one file of a package's model. */
function modelFile({ task }) {
  const folder = path.join(task, 'model');
  return path.join(folder, readdirSync(folder)[0]);
}

/** Where a worker fetches it from: its name is its digest. */
function modelAt(file, folder) {
  const kept = path.join(folder, createHash('sha256').update(readFileSync(file)).digest('hex'));
  cpSync(file, kept);
  return { MLFN_MODEL: pathToFileURL(kept).href };
}

export function unzip(zip, folder) {
  mkdirSync(folder, { recursive: true });
  execFileSync(pythonOf(path.join(root, '.venv')), ['-c', UNZIP, zip, folder]);
}
