/** TensorFlow's SavedModel (saved_model.proto, meta_graph.proto): a folder whose saved_model.pb holds graphs and signatures. */
import { Malformed } from '../bytes/malformed.ts';
import type { View } from '../bytes/view.ts';
import { type Draft, refuse } from '../framework/reader.ts';
import { type Field, fieldsOf, lastText, messageOf, textOf } from '../protobuf/fields.ts';
import { signaturesOf } from './signatures.ts';

/** Operators that reach out of the graph: into Python, or to files that nobody packed. */
const OUTSIDE = /^(PyFunc(Stateless)?|EagerPyFunc|ReadFile|WriteFile|MatchingFiles|DeleteFile|RenameFile|WholeFileReader(V2)?|TextLineReader(V2)?|TensorFlowSaved\w*)$/;
const MOST_NODES = 5_000_000;

/** `SavedModel`: meta_graphs = 2. @throws Malformed */
export async function readSavedModel(view: View, draft: Draft): Promise<void> {
  const graphs = (await fieldsOf(view, { start: 0, end: view.size })).filter(({ number }) => number === 2);
  const serving = await servingGraph(view, graphs);
  if (serving === null) throw new Malformed('corrupt', 'saved_model.pb holds no graph.');
  const { fields, tags } = serving;
  if (tags.length > 0) draft.facts['tags'] = tags.join(' ');
  // `MetaGraphDef`: meta_info_def = 1 {tensorflow_version = 5}, graph_def = 2, signature_def = 5.
  const about = fields.findLast(({ number }) => number === 1);
  const version = about === undefined ? '' : await lastText(view, await messageOf(view, about), 5);
  draft.framework = { name: 'tensorflow', version: version === '' ? null : version };
  await describeSignature(view, fields, draft);
  const operators = new Map<string, number>();
  for (const field of fields) if (field.number === 2) await countGraph(view, field, operators);
  draft.model = `${[...operators.values()].reduce((sum, count) => sum + count, 0)} operators`;
  for (const name of operators.keys()) {
    if (OUTSIDE.test(name)) refuse(draft, 'executes-code', `Its graph calls ${name}, which reaches out of the model: into Python or to files.`, 'Export the model without it.');
  }
}

interface Graph {
  fields: Field[];
  tags: string[];
}

/** The graph with the tag `serve`, else the first. Tags are `MetaInfoDef`'s field 4. */
async function servingGraph(view: View, graphs: readonly Field[]): Promise<Graph | null> {
  let first: Graph | null = null;
  for (const graph of graphs) {
    const fields = await messageOf(view, graph);
    const about = fields.findLast(({ number }) => number === 1);
    const tags: string[] = [];
    for (const field of about === undefined ? [] : await messageOf(view, about)) if (field.number === 4) tags.push(await textOf(view, field));
    if (tags.includes('serve')) return { fields, tags };
    first ??= { fields, tags };
  }
  return first;
}

async function describeSignature(view: View, fields: readonly Field[], draft: Draft): Promise<void> {
  const signatures = await signaturesOf(view, fields);
  const names = [...signatures.keys()].filter((name) => !name.startsWith('__saved_model_'));
  const name = names.find((each) => each === 'serving_default') ?? names[0];
  const signature = name === undefined ? undefined : signatures.get(name);
  if (name === undefined || signature === undefined) {
    draft.findings.push({ severity: 'error', code: 'no-estimator', message: 'The SavedModel has no signature: nothing says what it takes and gives.', hint: "Save it with signatures, or export it with model.export('FOLDER')." });
    return;
  }
  draft.facts['signature'] = name;
  Object.assign(draft, signature);
  const [input] = draft.inputs;
  if (draft.inputs.length === 1 && input?.shape?.length === 2) draft.featureCount = input.shape[1] ?? null;
}

/** `GraphDef`: node = 1, library = 2 {function = 1 {node_def = 3}}. `NodeDef`: op = 2. */
async function countGraph(view: View, graph: Field, operators: Map<string, number>): Promise<void> {
  for (const field of await messageOf(view, graph)) {
    if (field.number === 1) await countNode(view, field, operators);
    if (field.number !== 2) continue;
    for (const member of await messageOf(view, field)) {
      if (member.number !== 1) continue;
      for (const node of await messageOf(view, member)) if (node.number === 3) await countNode(view, node, operators);
    }
  }
}

async function countNode(view: View, node: Field, operators: Map<string, number>): Promise<void> {
  const name = await lastText(view, await messageOf(view, node), 2);
  if (operators.size >= MOST_NODES) throw new Malformed('too-complex', 'The graph has more kinds of operators than there are.', node.start);
  operators.set(name, (operators.get(name) ?? 0) + 1);
}
