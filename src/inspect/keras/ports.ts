/** Inputs and outputs of a Keras model, from the configuration of its layers. */
import type { Port } from '../../card.ts';
import { type Json, type JsonObject, memberOf, textIn } from '../framework/json.ts';
import { layersOf, type Layer } from './layers.ts';

type Shape = Port['shape'];

/** Layers whose output has the shape of their input. */
const KEEP = /^(Activation|ActivityRegularization|BatchNormalization|LayerNormalization|GroupNormalization|RMSNormalization|UnitNormalization|Normalization|Rescaling|Identity|Masking|InputLayer|Softmax|\w*ReLU|ELU|\w*Dropout|GaussianNoise)$/;

export function portsOf(model: JsonObject): { inputs: Port[]; outputs: Port[] } {
  const layers = layersOf(model);
  const config = memberOf(model, 'config');
  const named = (key: string): Layer[] => namesIn(memberOf(config, key)).flatMap((name) => layers.find((layer) => layer.name === name) ?? []);
  const [first, last] = [layers[0], layers.at(-1)];
  if (first === undefined || last === undefined) return { inputs: [], outputs: [] };
  const inputs = named('input_layers');
  if (inputs.length > 0) return { inputs: inputs.map((layer) => inputOf(layer)), outputs: named('output_layers').map((layer) => outputOf(layer, builtOn(layer))) };
  const input = inputOf(first);
  return { inputs: [input], outputs: [outputOf(last, input.shape === null ? builtOn(last) : through(layers.slice(0, -1), input.shape))] };
}

/** `[["x", 0, 0], ...]`, a single `["x", 0, 0]`, or names as keys. */
function namesIn(value: Json | undefined): string[] {
  if (Array.isArray(value)) return typeof value[0] === 'string' ? [value[0]] : value.flatMap(namesIn);
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(namesIn) : [];
}

function inputOf({ name, config, whole }: Layer): Port {
  const shape = shapeFrom(memberOf(config, 'batch_shape') ?? memberOf(config, 'batch_input_shape')) ?? builtOn({ whole });
  return { name, type: typeFrom(memberOf(config, 'dtype')), shape };
}

function outputOf(layer: Layer, input: Shape): Port {
  return { name: layer.name, type: typeFrom(memberOf(layer.config, 'dtype')), shape: input === null ? null : shapeAfter(layer, input) };
}

/** Keras 3 notes what a layer was built on. */
function builtOn({ whole }: Pick<Layer, 'whole'>): Shape {
  return shapeFrom(memberOf(memberOf(whole, 'build_config'), 'input_shape'));
}

function through(layers: readonly Layer[], input: Shape): Shape {
  return layers.reduce<Shape>((shape, layer) => (shape === null ? null : shapeAfter(layer, shape)), input);
}

function shapeAfter(layer: Layer, input: (number | null)[]): Shape {
  if (KEEP.test(layer.class)) return input;
  if (layer.class === 'Flatten') return input.slice(1).includes(null) ? null : [input[0] ?? null, input.slice(1).reduce<number>((product, size) => product * (size ?? 1), 1)];
  const units = memberOf(layer.config, 'units');
  return layer.class === 'Dense' && typeof units === 'number' ? [...input.slice(0, -1), units] : null;
}

function shapeFrom(value: Json | undefined): Shape {
  if (!Array.isArray(value) || !value.every((size) => size === null || typeof size === 'number')) return null;
  return value;
}

/** A name, or since Keras 3 a policy that has one: `mixed_float16` takes and gives float32 at its ends. */
function typeFrom(value: Json | undefined): string | null {
  const name = typeof value === 'string' ? value : textIn(memberOf(value, 'config'), 'name');
  return name?.startsWith('mixed_') === true ? 'float32' : name;
}
