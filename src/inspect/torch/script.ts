/** TorchScript (torch/csrc/jit/docs/serialization.md): code in a language of its own, constants, and tensors. */
import type { Port } from '../../card.ts';
import type { Archive } from '../archive/zip.ts';
import { type ArchiveReader, type Draft, refuse, warn } from '../framework/reader.ts';
import { memberAt } from './member.ts';
import { namesIn } from './names.ts';

export const torchScript: ArchiveReader = {
  recognise: (names) => {
    const constants = memberAt(names, 'constants.pkl');
    if (constants === null) return false;
    const code = `${constants.slice(0, -'constants.pkl'.length)}code/`;
    return [...names].some((name) => name.startsWith(code));
  },
  begins: { format: 'torchscript', framework: { name: 'torch', version: null } },
  read,
};

/** Operators that read or write files; the interpreter runs them as any other. */
const FILES = /\b(?:torch\.(?:from_file|save|load)|ops\.aten\.(?:from_file|save|load))\b/;
/** Libraries of operators that are torch's own. */
const OWN = new Set(['aten', 'prim', 'prims', 'quantized', 'inductor', 'profiler', 'static_runtime']);
const MOST_CODE = 256 * 1024 * 1024;

async function read(archive: Archive, draft: Draft, signal: AbortSignal): Promise<void> {
  const constants = memberAt(archive.names, 'constants.pkl') ?? '';
  const top = constants.slice(0, -'constants.pkl'.length);
  if (archive.names.has(`${top}version`)) draft.facts['layout'] = (await archive.read(`${top}version`)).toString('latin1').trim();
  const sources = [...archive.names].filter((name) => name.startsWith(`${top}code/`) && name.endsWith('.py'));
  if (sources.reduce((sum, name) => sum + archive.sizeOf(name), 0) > MOST_CODE) refuse(draft, 'too-complex', 'It holds more code than can be looked through.', 'Export the model again.');
  else for (const name of sources) judge((await archive.read(name)).toString('utf8'), name.slice(top.length), draft);
  // The class of the whole is the first that its pickle names.
  const [root] = await namesIn(await archive.read(`${top}data.pkl`), signal);
  if (root === undefined) return;
  const [, folder = '', name = ''] = /^(.*)\.([^.]+)$/.exec(root) ?? [];
  draft.model = `module ${name}`;
  const source = `${top}code/${folder.replaceAll('.', '/')}.py`;
  if (archive.names.has(source)) forward((await archive.read(source)).toString('utf8'), name, draft);
}

function judge(code: string, where: string, draft: Draft): void {
  const file = FILES.exec(code);
  if (file !== null) refuse(draft, 'executes-code', `${where} calls ${file[0]}, which reads or writes files.`, 'Export the model without it.');
  const foreign = new Set([...code.matchAll(/\bops\.(\w+)\.\w+\(/g)].map((match) => match[1] ?? '').filter((library) => !OWN.has(library)));
  for (const library of foreign) warn(draft, 'custom-operators', `It uses operators of ${library}, which come with a library of their own.`, 'Export the model with operators of torch only.');
}

/** `def forward(self: __torch__.Net, rows: Tensor) -> Tensor:` of the class. */
function forward(code: string, name: string, draft: Draft): void {
  const start = code.indexOf(`class ${name}(`);
  const body = start < 0 ? '' : code.slice(start);
  const at = body.indexOf('def forward(');
  if (at < 0) return;
  const inside = balanced(body.slice(at + 'def forward('.length));
  if (inside === null) return;
  const [, ...given] = splitArguments(inside);
  draft.inputs = given.map(portOf);
  const after = body.slice(at + 'def forward('.length + inside.length + 1);
  const type = /^\s*->\s*([^:]+):/.exec(after)?.[1]?.trim();
  draft.outputs = [{ name: 'output', type: type ?? null, shape: null }];
}

function portOf(argument: string): Port {
  const [, name = argument, type = null] = /^(\w+)\s*:\s*([^=]+)/.exec(argument) ?? [];
  return { name, type: type?.trim() ?? null, shape: null };
}

/** Up to the parenthesis that closes what was open before. */
function balanced(text: string): string | null {
  let depth = 1;
  for (let at = 0; at < text.length; at += 1) {
    if ('([{'.includes(text[at] ?? ' ')) depth += 1;
    else if (')]}'.includes(text[at] ?? ' ')) depth -= 1;
    if (depth === 0) return text.slice(0, at);
  }
  return null;
}

function splitArguments(text: string): string[] {
  const parts: string[] = [''];
  let depth = 0;
  for (const letter of text) {
    if ('([{'.includes(letter)) depth += 1;
    else if (')]}'.includes(letter)) depth -= 1;
    if (letter === ',' && depth === 0) parts.push('');
    else parts[parts.length - 1] += letter;
  }
  return parts.map((part) => part.trim()).filter((part) => part !== '');
}
