// The servers that people put models behind, each as its own documentation has it: two workers where it has them, no line in the log for
// each request, byte code compiled, pinned versions in an environment of its own.
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { bestPython } from '../../scripts/find-python.mjs';
import { ensureVenv, fail } from '../../scripts/venv.mjs';

const root = path.dirname(path.dirname(import.meta.dirname));
const peers = path.join(root, 'bench/peers');
const TYPES = { number: 'FP64', string: 'BYTES' };

/**
 * Each gives, for a model, a folder of its own and free ports, how it is started (`command`, `args`, `env`, working in the folder), the
 * `path` of its URL, the `body` that it is asked with, and where its answers have a form of their own, `read`.
 */
const PEERS = {
  fastapi: {
    name: 'FastAPI, uvicorn (2 workers)', packages: ['fastapi', 'uvicorn'],
    start({ bin, model, folder, ports: [port] }) {
      lay(folder, 'record.py', 'fastapi/app.py');
      return { command: bin('uvicorn'), args: ['app:app', '--workers', '2', '--no-access-log', '--port', port], env: variables(model), path: '/predict', body: model.record };
    },
  },
  mlserver: {
    // Its parallel workers end with an error on Python 3.12.
    name: 'MLServer (one process)', packages: ['mlserver'],
    start({ bin, model, folder, ports: [http, grpc, metrics] }) {
      const settings = { debug: false, parallel_workers: 0, host: '127.0.0.1', http_port: http, grpc_port: grpc, metrics_port: metrics };
      write(folder, 'settings.json', settings);
      write(folder, 'model-settings.json', { name: 'model', implementation: 'mlserver_sklearn.SKLearnModel', parameters: { uri: model.model } });
      return { command: bin('mlserver'), args: ['start', '.'], env: {}, path: '/v2/models/model/infer', body: inference(model), read: readInference };
    },
  },
  bentoml: {
    name: 'BentoML (2 workers)', packages: ['bentoml'],
    start({ bin, model, folder, ports: [port] }) {
      lay(folder, 'record.py', 'bentoml/service.py');
      const env = { ...variables(model), BENTOML_HOME: path.join(folder, 'home'), BENTOML_DO_NOT_TRACK: 'True' };
      return { command: bin('bentoml'), args: ['serve', 'service:Model', '--host', '127.0.0.1', '--port', port], env, path: '/predict', body: { record: model.record } };
    },
  },
};

/** Every peer, installed: `{name, versions, start}`. */
export async function installedPeers() {
  const found = [];
  for (const [folder, { name, packages, start }] of Object.entries(PEERS)) {
    const venv = path.join(root, '.bench/peers', folder);
    const requirements = path.join(peers, folder, 'requirements.txt');
    mkdirSync(path.dirname(venv), { recursive: true });
    await ensureVenv(venv, requirements, () => bestPython(['3.12']) ?? fail('The measurements need Python 3.12 with venv. Install it and run this again.'));
    const bin = (program) => path.join(venv, 'bin', program);
    found.push({ name, versions: versionsIn(requirements, packages), start: (given) => start({ bin, ...given }) });
  }
  return found;
}

function versionsIn(requirements, packages) {
  const lines = readFileSync(requirements, 'utf8').split('\n').map((line) => line.split('=='));
  return Object.fromEntries(packages.map((name) => [name, lines.find(([each]) => each === name)[1]]));
}

const variables = (model) => ({ MODEL: model.model, SHAPE: model.shape });

function lay(folder, ...files) {
  for (const file of files) cpSync(path.join(peers, file), path.join(folder, path.basename(file)));
}

function write(folder, name, value) {
  writeFileSync(path.join(folder, name), JSON.stringify(value));
}

/** A record as the Open Inference Protocol has it: MLServer makes a frame, an array or texts of it. */
function inference({ record, shape }) {
  const outputs = [{ name: 'predict' }, { name: 'predict_proba' }];
  const texts = { parameters: { content_type: 'str' } };
  if (shape === 'row') return { inputs: [{ name: 'x', datatype: 'FP64', shape: [1, record.length], data: record }], outputs };
  if (shape === 'text') return { ...texts, inputs: [{ name: 'x', datatype: 'BYTES', shape: [1], data: [record], ...texts }], outputs };
  const inputs = Object.entries(record).map(([name, value]) => ({ name, datatype: TYPES[typeof value], shape: [1], data: [value], ...(typeof value === 'string' ? texts : {}) }));
  return { parameters: { content_type: 'pd' }, inputs, outputs };
}

function readInference({ outputs: [labels, chances] }) {
  return { predictions: labels.data, probabilities: [chances.data] };
}
