/** What lies inside a graph and the graphs in it: operators, and tensors whose numbers are in files of their own. */
import { Malformed } from '../bytes/malformed.ts';
import type { View } from '../bytes/view.ts';
import { type Field, lastNumber, lastText, messageOf } from '../protobuf/fields.ts';

/** Where a tensor's numbers are instead of in the model (onnx/docs/ExternalData.md). */
export interface ExternalData {
  location: string;
  offset: number;
  /** null: to the end of that file. */
  length: number | null;
  /** Of the tensor's message. */
  at: number;
}

export class GraphWalk {
  readonly external: ExternalData[] = [];
  /** How often each operator is used, by `domain:name`. */
  readonly operators = new Map<string, number>();
  readonly #view: View;

  constructor(view: View) {
    this.#view = view;
  }

  /** `GraphProto`: node = 1, initializer = 5, sparse_initializer = 15. @throws Malformed */
  async graph(fields: readonly Field[], depth = 0): Promise<void> {
    if (depth > 64) throw new Malformed('too-complex', 'Graphs are nested more than 64 deep.', fields[0]?.start);
    for (const field of fields) {
      if (field.number === 1) await this.node(field, depth);
      else if (field.number === 5) await this.#tensor(field);
      else if (field.number === 15) await this.#sparse(field);
    }
  }

  /** `NodeProto`: op_type = 4, attribute = 5, domain = 7. */
  async node(node: Field, depth: number): Promise<void> {
    const fields = await messageOf(this.#view, node);
    const domain = await lastText(this.#view, fields, 7);
    const name = `${domain === 'ai.onnx' ? '' : domain}:${await lastText(this.#view, fields, 4)}`;
    this.operators.set(name, (this.operators.get(name) ?? 0) + 1);
    for (const attribute of fields) if (attribute.number === 5) await this.#attribute(attribute, depth);
  }

  /** `AttributeProto`: t = 5, g = 6, tensors = 10, graphs = 11, sparse_tensor = 22, sparse_tensors = 23. Floats are many: not theirs. */
  async #attribute(attribute: Field, depth: number): Promise<void> {
    for (const field of await messageOf(this.#view, attribute)) {
      if (field.number === 5 || field.number === 10) await this.#tensor(field);
      else if (field.number === 6 || field.number === 11) await this.graph(await messageOf(this.#view, field), depth + 1);
      else if (field.number === 22 || field.number === 23) await this.#sparse(field);
    }
  }

  /** `SparseTensorProto`: values = 1, indices = 2. */
  async #sparse(tensor: Field): Promise<void> {
    for (const field of await messageOf(this.#view, tensor)) if (field.number <= 2) await this.#tensor(field);
  }

  /** `TensorProto`: external_data = 13 {key = 1, value = 2}, data_location = 14 (1: external). */
  async #tensor(tensor: Field): Promise<void> {
    const fields = await messageOf(this.#view, tensor);
    const entries = fields.filter(({ number }) => number === 13);
    if (entries.length === 0 && lastNumber(fields, 14) !== 1) return;
    const told = new Map<string, string>();
    for (const entry of entries) {
      const pair = await messageOf(this.#view, entry);
      told.set(await lastText(this.#view, pair, 1), await lastText(this.#view, pair, 2));
    }
    const length = told.get('length');
    this.external.push({
      location: told.get('location') ?? '',
      offset: sizeFrom(told.get('offset') ?? '0', tensor.start),
      length: length === undefined ? null : sizeFrom(length, tensor.start),
      at: tensor.start,
    });
  }
}

function sizeFrom(text: string, at: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) throw new Malformed('corrupt', `External data lies at ${JSON.stringify(text.slice(0, 40))}, which is no number of bytes.`, at);
  return value;
}
