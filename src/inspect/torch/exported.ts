/** What torch.export.save wrote (torch/_export/serde/schema.py): a graph as JSON, weights beside it. Before torch 2.8 under other names. */
import type { Port } from '../../card.ts';
import type { Archive } from '../archive/zip.ts';
import { Malformed } from '../bytes/malformed.ts';
import { type Json, type JsonObject, memberOf, parseConfig, textIn } from '../framework/json.ts';
import { type ArchiveReader, type Draft, refuse, warn } from '../framework/reader.ts';
import { memberAt } from './member.ts';

const OLD = 'serialized_exported_program.json';

export const torchExported: ArchiveReader = {
  recognise: (names) => memberAt(names, 'archive_format') !== null || memberAt(names, OLD) !== null,
  begins: { format: 'torch-exported', framework: { name: 'torch', version: null } },
  read,
};

/** `ScalarType` of the schema, by number. */
const TYPES = ['unknown', 'uint8', 'int8', 'int16', 'int32', 'int64', 'float16', 'float32', 'float64', 'complex32', 'complex64', 'complex128', 'bool', 'bfloat16'];
const OWN = /^torch\.ops\.(aten|prims?|_?quantized\w*|higher_order)\./;

async function read(archive: Archive, draft: Draft): Promise<void> {
  const program = parseConfig((await archive.read(graphMember(archive))).toString('utf8'), 'The program');
  const version = textIn(program, 'torch_version');
  draft.framework = { name: 'torch', version: version?.split('+')[0] ?? null };
  const schema = memberOf(program, 'schema_version');
  const layout = [memberOf(schema, 'major'), memberOf(schema, 'minor')].filter((part) => typeof part === 'number').join('.');
  if (layout !== '') draft.facts['layout'] = layout;
  const module = memberOf(program, 'graph_module');
  const signature = memberOf(module, 'signature');
  const values = memberOf(memberOf(module, 'graph'), 'tensor_values');
  draft.inputs = portsOf(memberOf(signature, 'input_specs'), 'user_input', values);
  draft.outputs = portsOf(memberOf(signature, 'output_specs'), 'user_output', values);
  const [input] = draft.inputs;
  if (draft.inputs.length === 1 && input?.shape?.length === 2) draft.featureCount = input.shape[1] ?? null;
  operators(memberOf(memberOf(module, 'graph'), 'nodes'), draft);
}

function graphMember({ names }: Archive): string {
  const old = memberAt(names, OLD);
  if (old !== null) return old;
  const models = [...names].filter((name) => /^([^/]+\/)?models\/[^/]+\.json$/.test(name));
  const [only] = models;
  if (only === undefined) throw new Malformed('corrupt', 'The archive holds no exported program.');
  if (models.length > 1) throw new Malformed('several-models', `The archive holds ${models.length} programs.`, undefined, 'Save the one to serve in a file of its own.');
  return only;
}

function list(value: Json | undefined): Json[] {
  return Array.isArray(value) ? value : [];
}

function portsOf(specs: Json | undefined, kind: 'user_input' | 'user_output', values: Json | undefined): Port[] {
  return list(specs).flatMap((spec) => {
    const name = textIn(memberOf(memberOf(memberOf(spec, kind), 'arg'), 'as_tensor'), 'name');
    if (name === null) return [];
    const value = memberOf(values, name);
    const type = memberOf(value, 'dtype');
    const sizes = memberOf(value, 'sizes');
    return [{ name, type: typeof type === 'number' ? (TYPES[type] ?? null) : null, shape: Array.isArray(sizes) ? sizes.map(sizeOf) : null }];
  });
}

function sizeOf(size: Json): number | null {
  const whole = memberOf(size, 'as_int');
  return typeof whole === 'number' ? whole : null;
}

function operators(nodes: Json | undefined, draft: Draft): void {
  const targets = list(nodes).flatMap((node) => textIn(node as JsonObject, 'target') ?? []);
  const counts = new Map<string, number>();
  for (const target of targets) counts.set(target, (counts.get(target) ?? 0) + 1);
  const names = [...counts].toSorted(([, a], [, b]) => b - a).map(([target, count]) => `${shortName(target)}${count > 1 ? ` x${count}` : ''}`);
  if (names.length > 0) draft.model = names.length > 8 ? `${names.slice(0, 8).join(', ')} and ${names.length - 8} other operators` : names.join(', ');
  for (const target of counts.keys()) {
    if (/^torch\.ops\.aten\.(from_file|save|load)\b/.test(target)) refuse(draft, 'executes-code', `It calls ${target}, which reads or writes files.`, 'Export the model without it.');
    else if (target.startsWith('torch.ops.') && !OWN.test(target)) warn(draft, 'custom-operators', `It uses ${target}, which comes with a library of its own.`, 'Export the model with operators of torch only.');
  }
}

/** `torch.ops.aten.linear.default` is `linear`. */
function shortName(target: string): string {
  return /^torch\.ops\.\w+\.(\w+)/.exec(target)?.[1] ?? target;
}
