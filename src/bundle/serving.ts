/** The serving code that goes with a package. */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import type { Context } from '../events.ts';
import type { Entry, NetworkFormat } from '../types.ts';
import { hashFile } from './hash.ts';
import { templatesFolder } from '../templates.ts';

/** Who calls the package: Lambda's runtime client, or a server of HTTP that is part of it. */
export type Caller = 'lambda' | 'http';

/** What only servers of HTTP, and where they run, have a use for: on Lambda each kilobyte is sent with each changed model. */
const HTTP_ONLY = new Set(['main.py', ...['cloud_log', 'framework', 'launch', 'machine', 'processes', 'server', 'store_gs', 'web'].map((name) => `mlfn_serve/${name}.py`)]);

/** Who evaluates what is served: a user's function, the model's own libraries, a network's framework, or a compiled form by its evaluators. */
export type ServedBy = { engine: 'python' | 'native' } | { engine: 'network'; format: NetworkFormat } | { engine: 'plain' | 'onnx'; format: 'plain' | 'onnx'; modules: string[] };

const NATIVE_ONLY = ['boosting', 'files', 'introspect', 'matrix', 'model', 'parts'];
const MODEL_ONLY = ['bodies', 'fields', 'inference', 'predict', 'records', 'refusals'];
/** What reads the objects that requests name. */
const DATA = 'mlfn_serve/data/';
const PYTHON_ONLY = ['function', 'wsgi'];
/** Goes with images, and alone: src/providers/aws/twin/relay.ts. */
const RELAY = 'mlfn_serve/relay.py';
const TENSORS_ONLY = ['answers', 'ports', 'tensor_protocol', 'tensors'];

/** What asks a network by its own framework. */
const NETWORKS = 'mlfn_serve/networks/';
const OF_FORMAT: Readonly<Record<NetworkFormat, string[]>> = {
  keras: ['keras_file', 'tensorflow_graph'],
  'keras-h5': ['keras_file', 'tensorflow_graph'],
  'saved-model': ['saved_model', 'tensorflow_graph'],
  torchscript: ['torch_file'],
  'torch-exported': ['torch_file'],
};

/** What finds a model that is not in the package. */
const APART_ONLY = ['fetch', 'reload', 'store_file', 'store_gs', 'store_s3'];

export function isNetworkFormat(format: string): format is NetworkFormat {
  return Object.hasOwn(OF_FORMAT, format);
}

/** @param apart the model is not in the package @param data requests may name objects */
export async function servingCode(ctx: Context, caller: Caller, by: ServedBy, { apart, data }: { apart: boolean; data: boolean }): Promise<Entry[]> {
  const folder = path.join(templatesFolder(), 'python');
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  const names = found.filter((each) => each.isFile()).map((each) => path.relative(folder, path.join(each.parentPath, each.name)).split(path.sep).join('/'));
  const engine = leftOut(by, apart);
  const [own, other] = caller === 'lambda' ? ['s3', 'gs'] : ['gs', 's3'];
  const left = (name: string) => (data && name === `mlfn_serve/store_${own}.py` ? false : engine(name) || (name.startsWith(DATA) && (!data || name === `${DATA}${other}.py`)));
  const shipped = names.filter((name) => !/(^|\/)(__pycache__\/|\.)|\.pyc$/.test(name) && name !== RELAY && !left(name) && !(caller === 'lambda' && HTTP_ONLY.has(name)));
  return Promise.all(shipped.map((name) => templateEntry(ctx, name)));
}

/** What hands calls on to another function, for an image that may have to: it needs nothing else of the serving code. */
export function relayEntry(ctx: Context): Promise<Entry> {
  return templateEntry(ctx, RELAY);
}

async function templateEntry(ctx: Context, name: string): Promise<Entry> {
  const file = path.join(templatesFolder(), 'python', ...name.split('/'));
  const { sha256, size } = await hashFile(ctx, file);
  return { path: name, mode: 0o644, sha256, size, source: { file } };
}

/** What the engine does not import. */
function leftOut(by: ServedBy, apart: boolean): (name: string) => boolean {
  const graphs = by.engine === 'onnx' || by.engine === 'network' ? [] : ['session'];
  const tensors = 'format' in by && by.format !== 'plain' ? [] : TENSORS_ONLY;
  const compiled = [...NATIVE_ONLY, ...PYTHON_ONLY, ...tensors, ...graphs];
  const others = { python: [...NATIVE_ONLY, ...MODEL_ONLY, ...TENSORS_ONLY, ...graphs], native: [...PYTHON_ONLY, ...TENSORS_ONLY, ...graphs], network: compiled, plain: compiled, onnx: compiled }[by.engine];
  const left = new Set([...others, ...(apart ? [] : APART_ONLY)].map((name) => `mlfn_serve/${name}.py`));
  const evaluators = new Set('modules' in by && by.format === 'plain' ? ['__init__', ...by.modules].map((name) => `mlfn_serve/plain/${name}.py`) : []);
  const openers = new Set(by.engine === 'network' ? ['__init__', 'network', ...OF_FORMAT[by.format]].map((name) => `${NETWORKS}${name}.py`) : []);
  return (name) => left.has(name) || (name.startsWith(NETWORKS) && !openers.has(name)) || (name.startsWith('mlfn_serve/plain/') && !evaluators.has(name));
}
