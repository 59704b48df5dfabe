/** What MLflow logs: a folder whose MLmodel (mlflow.org/docs/latest/ml/model) says in which file the model itself is. */
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import { MlfnError } from '../../errors.ts';
import type { Card } from '../../card.ts';
import { isObject, type Json, type JsonObject, memberOf, textIn } from '../framework/json.ts';
import { fileInside } from '../framework/inside.ts';

export const MLMODEL = 'MLmodel';
const MOST_BYTES = 1024 * 1024;

/** @param code a folder of the user's classes */
export type InspectInner = (file: string, code: string | undefined) => Promise<Card>;

interface Flavor {
  /** Keys of its entry that name the file or folder of the model. */
  keys: readonly string[];
  /** The key of the version of its library. */
  version: string;
}

/** In the order in which one is taken. `python_function` is beside each of them, and alone only where the model is code. */
const FLAVORS: Readonly<Record<string, Flavor>> = {
  sklearn: { keys: ['pickled_model'], version: 'sklearn_version' },
  xgboost: { keys: ['data'], version: 'xgb_version' },
  lightgbm: { keys: ['data'], version: 'lgb_version' },
  catboost: { keys: ['data'], version: 'catboost_version' },
  onnx: { keys: ['data'], version: 'onnx_version' },
  keras: { keys: ['data'], version: 'keras_version' },
  tensorflow: { keys: ['saved_model_dir', 'data'], version: 'tensorflow_version' },
  pytorch: { keys: ['model_data'], version: 'pytorch_version' },
};
/** Below a folder of data the flavors have files of these names. */
const FILES = ['model.keras', 'model.h5', 'model.pth', 'model.pt2', 'model'];

/** The card of the model inside, with a note where it comes from. @throws MODEL_FORMAT, MODEL_DAMAGED, MODEL_UNSAFE */
export async function mlflowCard(folder: string, inspectInner: InspectInner): Promise<Card> {
  const about = await parsed(path.join(folder, MLMODEL));
  const flavors = memberOf(about, 'flavors');
  const name = Object.keys(FLAVORS).find((each) => isObject(memberOf(flavors, each)));
  if (name === undefined) throw unread(folder, flavors);
  const entry = memberOf(flavors, name);
  const { keys, version } = FLAVORS[name]!;
  const named = keys.map((key) => textIn(entry, key)).find((each) => each !== null);
  if (named === undefined || named === null) throw damaged(folder, `its flavor ${name} does not say in which file the model is`);
  const file = await inside(folder, named);
  const code = textIn(memberOf(flavors, 'python_function'), 'code') ?? textIn(entry, 'code');
  const card = await inspectInner(file, code === null ? undefined : await inside(folder, code));
  const wrote = textIn(entry, version);
  if (card.kind === 'framework' && card.framework.version === null && wrote !== null && name !== 'onnx') {
    card.framework = { ...card.framework, version: wrote };
    card.versions[card.framework.name] = wrote;
  }
  const by = textIn(about, 'mlflow_version');
  card.findings.push({ severity: 'info', code: 'mlflow', message: `Its MLmodel is of MLflow ${by ?? 'of an unknown version'}; the flavor is ${name}.` });
  return card;
}

async function parsed(file: string): Promise<JsonObject> {
  if ((await stat(file)).size > MOST_BYTES) throw damaged(path.dirname(file), `${MLMODEL} is larger than any`);
  let value: Json;
  try {
    value = parse(await readFile(file, 'utf8'), { maxAliasCount: 0 }) as Json;
  } catch (error) {
    throw damaged(path.dirname(file), `${MLMODEL} is no YAML: ${(error as Error).message.split('\n')[0]}`);
  }
  if (!isObject(value)) throw damaged(path.dirname(file), `${MLMODEL} says nothing`);
  return value;
}

/** Absolute; of a folder of data, the file of a known name in it. */
async function inside(folder: string, named: string): Promise<string> {
  const found = await fileInside(folder, named);
  if (found.kind === 'missing') throw damaged(folder, `${named} is not there`);
  if (found.kind === 'outside') {
    throw new MlfnError('MODEL_UNSAFE', `${path.basename(folder)}/${MLMODEL} names ${JSON.stringify(named.slice(0, 200))}, which ${found.why}.`, {
      hint: 'Put the file itself into the folder, and name it as it is called there.',
      details: { path: folder },
    });
  }
  if (found.kind === 'file') return path.join(folder, found.path);
  for (const name of FILES) {
    const file = path.posix.join(found.path, name);
    const { kind } = await fileInside(folder, file);
    if (kind === 'file' || kind === 'folder') return path.join(folder, file);
  }
  return path.join(folder, found.path);
}

function damaged(folder: string, why: string): MlfnError {
  return new MlfnError('MODEL_DAMAGED', `The MLflow model ${path.basename(folder)} cannot be read: ${why}.`, { hint: 'Copy the whole folder, or log the model again.', details: { path: folder } });
}

function unread(folder: string, flavors: Json | undefined): MlfnError {
  const names = isObject(flavors) ? Object.keys(flavors) : [];
  const code = names.length === 1 && names[0] === 'python_function';
  const what = code ? 'a PythonModel, which is code of your own' : `of ${names.length === 0 ? 'no flavor' : `the flavors ${names.join(', ')}`}`;
  return new MlfnError('MODEL_FORMAT', `The MLflow model ${path.basename(folder)} is ${what}; mlfn reads ${Object.keys(FLAVORS).join(', ')}.`, {
    hint: 'Write a function that predicts, and deploy that: FILE.py:function.',
    details: { path: folder, flavors: names },
  });
}
