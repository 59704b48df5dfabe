/** skops (skops/io/_persist.py): a zip with schema.json, a tree of nodes that name their classes, and arrays beside it. */
import type { Archive } from '../archive/zip.ts';
import { judge } from '../allow/judge.ts';
import { Malformed } from '../bytes/malformed.ts';
import { isObject, type Json, type JsonObject, memberOf, parseConfig, textIn } from '../framework/json.ts';
import { type ArchiveReader, type Draft, refuse } from '../framework/reader.ts';

const DEPTH = 500;
const MOST_FINDINGS = 100;
/** Nodes that are values of Python or arrays, whatever they call their class. */
const VALUES = new Set(['JsonNode', 'DictNode', 'ListNode', 'TupleNode', 'SetNode', 'BytesNode', 'BytearrayNode', 'SliceNode', 'NdArrayNode', 'MaskedArrayNode', 'RandomStateNode', 'RandomGeneratorNode', 'SparseMatrixNode', 'CachedNode', 'DefaultDictNode']);

export const skops: ArchiveReader = {
  recognise: (names) => names.has('schema.json'),
  begins: { format: 'skops', framework: { name: 'scikit-learn', version: null } },
  read,
};

async function read(archive: Archive, draft: Draft): Promise<void> {
  const schema = parseConfig((await archive.read('schema.json')).toString('utf8'), 'schema.json');
  if (textIn(schema, '__loader__') === null) throw new Malformed('corrupt', 'schema.json is not of skops.');
  const wrote = textIn(schema, '_skops_version');
  if (wrote !== null) {
    draft.madeBy = { name: 'skops', version: wrote };
    draft.versions = { skops: wrote };
  }
  draft.distributions = ['scikit-learn', 'skops'];
  draft.model = shapeOf(schema);
  const found: Found = { types: new Set(), attributes: new Map() };
  visit(schema, found, 0);
  const version = found.attributes.get('_sklearn_version');
  if (typeof version === 'string') draft.framework = { name: 'scikit-learn', version };
  const count = found.attributes.get('n_features_in_');
  if (typeof count === 'number') draft.featureCount = count;
  for (const type of [...found.types].slice(0, MOST_FINDINGS)) judgeType(type, draft);
}

interface Found {
  /** `module name`, of what loading would make or call. */
  types: Set<string>;
  /** The first of each attribute that is a plain value. */
  attributes: Map<string, Json>;
}

function visit(value: Json, found: Found, depth: number): void {
  if (depth > DEPTH) throw new Malformed('too-complex', `schema.json is nested more than ${DEPTH} deep.`);
  if (Array.isArray(value)) {
    for (const item of value) visit(item, found, depth + 1);
    return;
  }
  if (!isObject(value)) return;
  const loader = textIn(value, '__loader__');
  if (loader !== null && !VALUES.has(loader)) found.types.add(typeOf(value));
  for (const [key, inner] of Object.entries(value)) {
    const plain = plainValue(inner);
    if (plain !== undefined && !found.attributes.has(key)) found.attributes.set(key, plain);
    visit(inner, found, depth + 1);
  }
}

/** A function is a node of its own kind: what it names is in its content. */
function typeOf(node: JsonObject): string {
  const content = memberOf(node, 'content');
  const called = textIn(content, 'function');
  const module = textIn(content, 'module_path');
  if (called !== null && module !== null) return `${module} ${called}`;
  return `${textIn(node, '__module__') ?? '?'} ${textIn(node, '__class__') ?? '?'}`;
}

function plainValue(node: Json): Json | undefined {
  const text = textIn(node, '__loader__') === 'JsonNode' ? textIn(node, 'content') : null;
  if (text === null) return undefined;
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

function judgeType(type: string, draft: Draft): void {
  const [module = '', name = ''] = type.split(' ');
  const { role, reason, distribution } = judge(module, name, 5);
  if (role === 'user') refuse(draft, 'unknown-type', `It holds ${module}.${name}, which is of no framework that is known.`, 'Look at what it is; skops asks for it by name as well, as trusted.');
  else if (role === 'forbidden') refuse(draft, 'forbidden-global', `${module}.${name} ${reason ?? 'is not on the allowlist'}.`, 'Load this file only if you know who made it and why it needs this.');
  else if (distribution !== null && !draft.distributions.includes(distribution)) draft.distributions.push(distribution);
}

/** `StandardScaler > LogisticRegression`: a Pipeline by its steps, anything else by its class. */
function shapeOf(node: Json): string | null {
  const name = textIn(node, '__class__');
  const steps = memberOf(memberOf(memberOf(memberOf(node, 'content'), 'content'), 'steps'), 'content');
  if (name !== 'Pipeline' || !Array.isArray(steps)) return name;
  const inner = steps.map((step) => {
    const pair = memberOf(step, 'content');
    return textIn(Array.isArray(pair) ? pair[1] : undefined, '__class__') ?? '?';
  });
  return inner.join(' > ');
}
