// Writes the table of docs/models.md from deploys of each kind of file to this machine; the test beside it says whether it is current.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { writeOrCheck } from './generated.mjs';

const root = path.dirname(import.meta.dirname);
const fixtures = path.join(root, 'test/inspect/fixtures');
const NAMED = [{ age: 0.5, chol: -1, größe: 0.25 }, { age: -0.5, chol: 1, größe: 0 }];
const ROWS = [[0.5, -1, 0.25], [-0.5, 1, 0]];
const GAMES = [[1, 0, 0, 1, 0, 0, 0, 0, 0, 0], [1, 1, 1, 1, 0, 0, 0, 0, 0, 0]];
const LEAVES = [[0.5, -1, 0.25, 2], [-0.5, 1, 0, 0.125]];

/** [kind, file, sample] */
const FILES = [
  ['ONNX, a classifier of skl2onnx', 'logit.onnx', ROWS],
  ['ONNX with external data', 'beside.onnx', ROWS],
  ['XGBoost `.json`, `binary:logistic`', 'binary.json', NAMED],
  ['XGBoost `.ubj`, `binary:logistic`', 'binary.ubj', NAMED],
  ['XGBoost `.json`, the linear booster', 'linear.json', ROWS],
  ['LightGBM `.txt`, `binary`', 'binary.lgb.txt', [{ age: 0.5, chol: -1, max_rate: 0.25 }]],
  ['LightGBM `.txt`, `regression`', 'number.lgb.txt', ROWS],
  ['CatBoost `.cbm`, `Logloss`', 'binary.cbm', [{ age: 0.5, chol: -1, 'max rate': 0.25 }]],
  ['CatBoost `.cbm`, with categories', 'kinds.cbm', [{ size: 0.5, kind: 'x' }, { size: -0.5, kind: 'new' }]],
  ['skops, a pipeline', 'pipeline.skops', [[0.5, -1], [-0.5, 1]]],
  ['Keras `.keras`, two dense layers', 'games.keras', GAMES],
  ['Keras `.h5`, with a metric `auc`', 'games.h5', GAMES],
  ['Keras `.keras`, TextVectorization', 'texts.keras', ['good film']],
  ['TensorFlow SavedModel', 'saved_model', GAMES],
  ['PyTorch, TorchScript', 'script.pt', LEAVES],
  ['PyTorch, an exported program', 'exported.pt2', LEAVES],
];

const folder = mkdtempSync(path.join(os.tmpdir(), 'mlfn-models-'));
const { VIRTUAL_ENV: _v, CONDA_PREFIX: _c, MLFN_ENGINE: _e, ...inherited } = process.env;
const env = { ...inherited, MLFN_HOME: path.join(folder, 'home') };
// TensorFlow and PyTorch, which convert networks, are fetched once for all tests.
const cache = path.join(root, '.nets-lab/cache');
mkdirSync(cache, { recursive: true });
mkdirSync(env.MLFN_HOME);
symlinkSync(cache, path.join(env.MLFN_HOME, 'cache'), 'junction');

function mlfn(args) {
  const { status, stdout, error } = spawnSync(process.execPath, [path.join(root, 'bin/mlfn.js'), ...args, '--json'], { cwd: folder, env, encoding: 'utf8' });
  if (status !== 0) throw error ?? new Error(`mlfn ${args.join(' ')} ended with ${status}: ${stdout}`);
  return JSON.parse(stdout);
}

function row([kind, file, sample], index) {
  const name = `m${index}`;
  writeFileSync(path.join(folder, 'sample.json'), JSON.stringify(sample));
  mlfn(['deploy', path.join(fixtures, file), '--name', name, '--target', 'local', '--sample', 'sample.json', '--yes']);
  const [{ engine, proof, verification }] = mlfn(['status', name]).functions[0].releases;
  mlfn(['delete', name, '--yes']);
  const proved = proof === undefined ? 'itself' : `${proof.probes} probes, largest difference ${bound(proof.largestDifference)}`;
  return `| ${kind} | ${engine} | ${proved} | ${verification.compared} of ${verification.compared} alike |`;
}

/** Of the two bounds that there are: the figure itself is the machine's. */
function bound(difference) {
  if (difference === 0) return '0';
  return difference <= 1e-12 ? 'within 1e-12' : 'within 1e-5';
}

const BEGIN = '<!-- made by scripts/models-docs.mjs -->';
const END = '<!-- until here -->';
const page = path.join(root, 'docs/models.md');
try {
  const rows = FILES.map(row);
  const table = ['| file | engine | what its form was held against the model with | the release, asked the sample |', '| --- | --- | --- | --- |', ...rows];
  const text = readFileSync(page, 'utf8').replaceAll('\r\n', '\n');
  const [before, rest] = text.split(`${BEGIN}\n`);
  writeOrCheck('docs/models.md', `${before}${BEGIN}\n${table.join('\n')}\n${END}${rest.split(END)[1]}`);
} finally {
  spawnSync(process.execPath, [path.join(root, 'bin/mlfn.js'), 'stop'], { cwd: folder, env });
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
}
