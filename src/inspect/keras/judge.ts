/**
 * What of a configuration brings code along, and what has to be brought to it. How a model was trained (compile_config,
 * training_config) is not looked at: a metric of the user's own is not needed to predict.
 */
import { Malformed } from '../bytes/malformed.ts';
import { isObject, type Json, type JsonObject, memberOf, textIn } from '../framework/json.ts';
import { ACTIVATIONS, isBuiltIn, MODULES, TF_FUNCTIONS } from './known.ts';

/** Each found once: `Lambda (named scale)`, `mine>Twice`. */
export interface Judged {
  executes: Map<string, string>;
  custom: Set<string>;
}

const DEPTH = 200;
const TRAINING = new Set(['compile_config', 'optimizer_config']);

/** Layers that run what they are given. */
const EXECUTE: Readonly<Record<string, string>> = {
  Lambda: 'runs byte code of Python that the file holds',
  __lambda__: 'is byte code of Python',
  TorchModuleWrapper: 'unpickles a module of PyTorch',
  TFSMLayer: 'loads a SavedModel from a path that the file names',
  FlaxLayer: 'calls a function that the file names',
  JaxLayer: 'calls a function that the file names',
};

export function judgeConfig(model: JsonObject): Judged {
  const judged: Judged = { executes: new Map(), custom: new Set() };
  visit(model, judged, 0);
  return judged;
}

function visit(value: Json, judged: Judged, depth: number): void {
  if (depth > DEPTH) throw new Malformed('too-complex', `The configuration is nested more than ${DEPTH} deep.`);
  if (Array.isArray(value)) {
    for (const item of value) visit(item, judged, depth + 1);
    return;
  }
  if (!isObject(value)) return;
  const name = textIn(value, 'class_name');
  if (name !== null) judgeObject(name, value, judged);
  // What code is made of is not worth a second line.
  if (name !== null && Object.hasOwn(EXECUTE, name)) return;
  for (const [key, inner] of Object.entries(value)) {
    if (typeof inner === 'string' && /(^|_)activation$/.test(key) && !ACTIVATIONS.has(inner)) judged.custom.add(inner);
    if (!TRAINING.has(key)) visit(inner, judged, depth + 1);
  }
}

function judgeObject(name: string, whole: JsonObject, { executes, custom }: Judged): void {
  const label = textIn(memberOf(whole, 'config'), 'name');
  const shown = label === null ? name : `${name} ${label}`;
  const why = EXECUTE[name];
  if (Object.hasOwn(EXECUTE, name) && why !== undefined) return void executes.set(shown, why);
  // Keras's own notation for tuples, arrays, types: plain values.
  if (/^__\w+__$/.test(name)) return;
  const registered = textIn(whole, 'registered_name');
  if (name === 'function') {
    const called = textIn(whole, 'config') ?? registered ?? '?';
    if (!ACTIVATIONS.has(called)) custom.add(called);
    return;
  }
  if (name === 'TFOpLambda' || name === 'SlicingOpLambda') {
    const called = textIn(memberOf(whole, 'config'), 'function') ?? '?';
    if (!TF_FUNCTIONS.test(called)) executes.set(shown, `calls tf.${called}, which is not among the functions that only compute`);
    return;
  }
  const module = textIn(whole, 'module');
  if (registered?.includes('>') === true && !registered.startsWith('keras')) custom.add(registered);
  else if (module !== null && !MODULES.test(module)) custom.add(`${module}.${name}`);
  else if (module === null && !isBuiltIn(name)) custom.add(name);
}
