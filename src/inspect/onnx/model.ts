/** ONNX (onnx.proto of onnx 1.19): a ModelProto, read field by field; tensors are stepped over. */
import { Malformed } from '../bytes/malformed.ts';
import type { View } from '../bytes/view.ts';
import type { Port } from '../../card.ts';
import { type Field, fieldsOf, lastNumber, lastText, messageOf } from '../protobuf/fields.ts';
import { type Draft, type OpenFile, type Reader, warn } from '../framework/reader.ts';
import { checkExternal } from './external.ts';
import { GraphWalk } from './graph.ts';
import { portOf } from './types.ts';

/** Wire types of `ModelProto`'s fields: 1 ir_version, 2 to 4 producer and domain, 5 model_version, 6 doc, 7 graph, 8 opset_import, ... */
const WIRES: Readonly<Record<number, number>> = { 1: 0, 2: 2, 3: 2, 4: 2, 5: 0, 6: 2, 7: 2, 8: 2, 14: 2, 20: 2, 25: 2, 26: 2 };
/** Domains whose operators every onnxruntime has. */
const BUILT_IN = new Set(['', 'ai.onnx', 'ai.onnx.ml', 'ai.onnx.training', 'ai.onnx.preview.training', 'com.microsoft', 'com.microsoft.nchwc', 'com.ms.internal.nhwc', 'org.pytorch.aten']);

export const onnx: Reader = { recognise, begins: { format: 'onnx', framework: { name: 'onnxruntime', version: null } }, read };

/** There is no magic number: `ir_version` comes first, and then nothing but what a ModelProto has. */
function recognise(head: Buffer): boolean {
  if (head[0] !== 0x08 || (head[1] ?? 0) === 0 || (head[1] ?? 0) > 0x20) return false;
  let fields = 1;
  for (let at = 2; at < head.length; fields += 1) {
    const tag = head[at] ?? 0;
    // Fields 20, 25 and 26 have tags of two bytes; they come after those that decide.
    if (tag > 0x7f) return fields > 2;
    if (WIRES[tag >> 3] !== (tag & 7) || tag >> 3 === 1) return false;
    const { value, size } = shortVarint(head, at + 1);
    if (tag >> 3 === 7) return true;
    at += 1 + size + ((tag & 7) === 2 ? value : 0);
  }
  return fields > 2;
}

function shortVarint(head: Buffer, from: number): { value: number; size: number } {
  let value = 0;
  for (let at = from; at < from + 10; at += 1) {
    const byte = head[at] ?? 0;
    value += (byte & 0x7f) * 2 ** (7 * (at - from));
    if (byte < 0x80) return { value, size: at - from + 1 };
  }
  return { value, size: 10 };
}

async function read(model: OpenFile, draft: Draft): Promise<void> {
  const { view } = model;
  const fields = await fieldsOf(view, { start: 0, end: model.size });
  draft.facts['ir'] = lastNumber(fields, 1);
  const producer = await lastText(view, fields, 2);
  const version = await lastText(view, fields, 3);
  if (producer !== '') draft.madeBy = { name: producer, version: version === '' ? null : version };
  const domains = await opsets(view, fields, draft);
  const graph = fields.findLast(({ number }) => number === 7);
  if (graph === undefined) throw new Malformed('corrupt', 'The model has no graph.', 0);
  const parts = await messageOf(view, graph);
  await ports(view, parts, draft);
  const walk = new GraphWalk(view);
  await walk.graph(parts);
  assertStamped(domains, walk, model.size);
  const own = await functions(view, fields, walk);
  draft.model = summary(walk.operators);
  const foreign = domains.filter((domain) => !BUILT_IN.has(domain) && !own.has(domain));
  const used = foreign.filter((domain) => [...walk.operators.keys()].some((name) => name.startsWith(`${domain}:`)));
  for (const domain of used) warn(draft, 'custom-operators', `It uses operators of ${JSON.stringify(domain)}, which come with a library of their own.`, 'Export the model with standard operators only.');
  await checkExternal(model, walk.external, draft);
}

/** Operator sets may be written behind the graph: one that is missing was cut off. */
function assertStamped(domains: string[], { operators }: GraphWalk, end: number): void {
  const known = new Set(domains.map((domain) => (domain === 'ai.onnx' ? '' : domain)));
  const missing = [...operators.keys()].map((name) => name.slice(0, name.lastIndexOf(':'))).find((domain) => !known.has(domain));
  if (missing !== undefined) throw new Malformed('truncated', `The model does not say of which set its operators of ${JSON.stringify(missing === '' ? 'ai.onnx' : missing)} are.`, end);
}

/** `OperatorSetIdProto`: domain = 1, version = 2. */
async function opsets(view: View, fields: readonly Field[], draft: Draft): Promise<string[]> {
  const domains: string[] = [];
  for (const field of fields) {
    if (field.number !== 8) continue;
    const parts = await messageOf(view, field);
    const domain = await lastText(view, parts, 1);
    domains.push(domain);
    draft.facts[`opset ${domain === '' ? 'ai.onnx' : domain}`] = lastNumber(parts, 2);
  }
  return domains;
}

/** `GraphProto`: initializer = 5, input = 11, output = 12. Before IR 4 initializers were inputs as well. */
async function ports(view: View, graph: readonly Field[], draft: Draft): Promise<void> {
  const known = new Set<string>();
  const inputs: Port[] = [];
  for (const field of graph) {
    if (field.number === 5) known.add(await lastText(view, await messageOf(view, field), 8));
    else if (field.number === 11) inputs.push(await portOf(view, field));
    else if (field.number === 12) draft.outputs.push(await portOf(view, field));
  }
  draft.inputs = inputs.filter(({ name }) => !known.has(name));
  const [first] = draft.inputs;
  if (draft.inputs.length === 1 && first?.shape?.length === 2) draft.featureCount = first.shape[1] ?? null;
}

/** `FunctionProto`: node = 7, domain = 10. Operators that the model defines itself. */
async function functions(view: View, fields: readonly Field[], walk: GraphWalk): Promise<Set<string>> {
  const domains = new Set<string>();
  for (const field of fields) {
    if (field.number !== 25) continue;
    const parts = await messageOf(view, field);
    domains.add(await lastText(view, parts, 10));
    for (const node of parts) if (node.number === 7) await walk.node(node, 0);
  }
  return domains;
}

/** `LinearClassifier, Normalizer, Cast x2`, the most frequent first. */
function summary(operators: ReadonlyMap<string, number>): string | null {
  const names = [...operators].toSorted(([, a], [, b]) => b - a).map(([name, count]) => `${name.slice(name.indexOf(':') + 1)}${count > 1 ? ` x${count}` : ''}`);
  if (names.length === 0) return null;
  return names.length > 8 ? `${names.slice(0, 8).join(', ')} and ${names.length - 8} other operators` : names.join(', ');
}
