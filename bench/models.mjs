// The models that every part of the measurements is about. Trained when they are not there, into .bench/models/, by train.py, which
// says what lies in each folder: from fixed seeds, in an environment of its own with pinned versions (.bench/python).
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { bestPython } from '../scripts/find-python.mjs';
import { ensureVenv, fail, pythonOf, run, takeLock } from '../scripts/venv.mjs';

const root = path.dirname(import.meta.dirname);
const venv = path.join(root, '.bench/python');
const script = path.join(import.meta.dirname, 'models/train.py');
/** Every package that a model needs, pinned. */
export const requirements = path.join(import.meta.dirname, 'models/requirements.txt');

/** Smallest packages first. */
export const NAMES = ['logistic', 'forest', 'boosting', 'texts', 'neighbours', 'xgboost', 'lightgbm'];

/** The interpreter (3.12, as Lambda has it) that holds what all the models need. */
export async function modelsPython() {
  mkdirSync(path.dirname(venv), { recursive: true });
  await ensureVenv(venv, requirements, () => bestPython(['3.12']) ?? fail('The measurements need Python 3.12 with venv. Install it and run this again.'));
  return pythonOf(venv);
}

/**
 * @param names which of NAMES; all unless said
 * @returns for each: `name`, `title`, `shape` of a record (columns | row | text); the files `model`, `again` (the same, trained on
 *   other rows), `one` and `batch` (JSON bodies), `requirements`; `answers.model.one` and so on: `{predictions, probabilities}`
 */
export async function benchModels(names = NAMES) {
  const folder = path.join(root, '.bench/models', digestOf(script, requirements));
  if (!existsSync(folder)) await train(folder);
  return names.map((name) => modelIn(path.join(folder, name), name));
}

async function train(folder) {
  const python = await modelsPython();
  mkdirSync(path.dirname(folder), { recursive: true });
  await takeLock(`${folder}.lock`);
  if (existsSync(folder)) return;
  const making = `${folder}.making`;
  rmSync(making, { recursive: true, force: true });
  run(python, [script, making]);
  renameSync(making, folder); // appears whole
}

function modelIn(folder, name) {
  const file = (each) => path.join(folder, each);
  const read = (each) => JSON.parse(readFileSync(file(each), 'utf8'));
  return {
    name, ...read('card.json'), answers: read('answers.json'),
    model: file('model.joblib'), again: file('again.joblib'), one: file('one.json'), batch: file('batch.json'), requirements: file('requirements.txt'),
  };
}

function digestOf(...files) {
  const hash = createHash('sha256');
  for (const file of files) hash.update(readFileSync(file));
  return hash.digest('hex').slice(0, 16);
}
