/** The function part: serving code, the model, the user's code, and settings.json that tells them of each other. */
import path from 'node:path';
import type { Context } from '../events.ts';
import type { ModelCard, ModelFileCard, Port, ServedCard } from '../card.ts';
import type { Artifact, Bundle, CompiledForm, Digest, Entry, Finding, ModelFormat } from '../types.ts';
import { artifactOf, bytesEntry, sha256 } from './digest.ts';
import { hashFile, hashOnce } from './hash.ts';
import { packed } from './packed.ts';
import { type Caller, isNetworkFormat, type ServedBy, servingCode } from './serving.ts';
import { type CodeRequest, type UserCode, userCode } from './user-code.ts';

/** `fetched`: the release's own model, for ever. `pointed`: the one that an object beside the models names. */
export type Apart = 'fetched' | 'pointed';

export interface FunctionPart {
  artifact: Artifact;
  fetched: Bundle['fetched'];
  modelDigest: Digest;
  findings: Finding[];
}

export async function functionPart(
  ctx: Context,
  name: string,
  request: CodeRequest & { apart?: Apart | undefined; caller: Caller; compiled?: CompiledForm | undefined; data?: boolean },
): Promise<FunctionPart> {
  const { card, apart, compiled } = request;
  const code = await userCode(ctx, request);
  const shipped = card.kind === 'python' ? null : await shippedModel(ctx, card, compiled);
  const [model, ...beside] = shipped?.entries ?? [];
  const fetched = shipped !== null && model !== undefined && apart !== undefined ? { file: shipped.file, sha256: model.sha256, size: model.size } : null;
  const module = code.artifact === null ? undefined : await hashFile(ctx, code.artifact.path);
  const settings = bytesEntry('settings.json', canonical(settingsOf(name, card, code, { apart, shipped })));
  const entries = [...(await servedCode(ctx, request, engineOf(card, compiled), apart !== undefined)), ...(model === undefined || apart !== undefined ? [] : [model, ...beside]), ...code.entries, settings];
  const own = card.kind === 'python' ? module : compiled === undefined ? model : await hashOnce(ctx, card.path);
  const modelDigest = beside.length === 0 ? (own?.sha256 ?? '') : sha256([own, ...beside].map((each) => each?.sha256).join());
  return { artifact: artifactOf('function', entries), fetched, modelDigest, findings: code.findings };
}

/** The function part with a requirements.txt, for a target that installs the packages itself. */
export function withRequirements(artifact: Artifact, requirements: string): Artifact {
  return artifactOf('function', [...artifact.entries, bytesEntry('requirements.txt', requirements)]);
}

/** A native package has its cold start elsewhere, and is sent anew with each changed model: there sources weigh less. */
async function servedCode(ctx: Context, { caller, lock, data = false }: CodeRequest & { caller: Caller; data?: boolean }, by: ServedBy, apart: boolean): Promise<Entry[]> {
  const entries = await servingCode(ctx, caller, by, { apart, data });
  return by.engine === 'native' || by.engine === 'network' ? entries : packed(ctx, entries, lock);
}

interface Shipped {
  file: string;
  format: ModelFormat;
  /** In the package: of the file, or of the folder. */
  path: string;
  /** The model, and what it refers to; all that is in the folder. */
  entries: Entry[];
  /** What the file does not tell of itself, and the serving code has to know. */
  inputs: Port[] | null;
}

async function shippedModel(ctx: Context, card: ModelFileCard | ServedCard, compiled: CompiledForm | undefined): Promise<Shipped> {
  const file = compiled?.file ?? card.path;
  const { format } = compiled ?? card;
  const entry = async (name: string, of: string, known?: { sha256: Digest; size: number }): Promise<Entry> => {
    const { sha256: digest, size } = known ?? (await hashOnce(ctx, of));
    return { path: `model/${name}`, mode: 0o644, sha256: digest, size, source: { file: of } };
  };
  const name = path.basename(file);
  const shipped = { file, format, path: `model/${name}`, inputs: format === 'torchscript' && card.kind === 'framework' ? card.inputs : null };
  const of = (folder: string, below: string, names: string[]) => Promise.all(names.map((each) => entry(`${below}${each}`, path.join(folder, ...each.split('/')))));
  if (format === 'saved-model' && card.kind === 'framework') return { ...shipped, entries: await of(file, `${name}/`, card.files.toSorted()) };
  return { ...shipped, entries: [await entry(name, file, compiled), ...(await of(path.dirname(file), '', compiled?.beside ?? []))] };
}

function engineOf(card: ModelCard, compiled: CompiledForm | undefined): ServedBy {
  if (card.kind === 'python') return { engine: 'python' };
  if (compiled !== undefined) return compiled;
  return card.kind === 'framework' && isNetworkFormat(card.format) ? { engine: 'network', format: card.format } : { engine: 'native' };
}

/** The contract of ARCHITECTURE.md. */
function settingsOf(name: string, card: ModelCard, code: UserCode, { shipped, apart }: { shipped: Shipped | null; apart: Apart | undefined }): Record<string, unknown> {
  const artifact =
    card.kind === 'python' || shipped === null
      ? { kind: 'python', module: code.artifact?.name, attribute: card.kind === 'python' ? card.attribute : undefined }
      : { kind: 'model', ...whereOf(shipped, apart) };
  return { schema: 1, name, artifact, hooks: code.hooks?.name ?? null, main: code.main };
}

/** A package whose model lies apart does not name it. */
function whereOf({ format, inputs, path: where }: Shipped, apart: Apart | undefined): Record<string, unknown> {
  const told = inputs === null ? {} : { inputs };
  if (apart === 'pointed') return { ...told, pointed: true };
  return apart === 'fetched' ? { ...told, format, fetched: true } : { ...told, path: where, format };
}

/** JSON with sorted keys: the same settings are the same bytes. */
function canonical(value: unknown): string {
  return `${JSON.stringify(value, withSortedKeys, 2)}\n`;
}

function withSortedKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
