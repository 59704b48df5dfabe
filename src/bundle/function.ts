/** The function part: serving code, the model, the user's code, and settings.json that tells them of each other. */
import path from 'node:path';
import type { Context } from '../events.ts';
import type { ModelCard, ModelFileCard } from '../card.ts';
import type { Artifact, Bundle, Digest, Entry, Finding } from '../types.ts';
import { artifactOf, bytesEntry } from './digest.ts';
import { hashFile, hashOnce } from './hash.ts';
import { type Caller, servingCode } from './serving.ts';
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
  request: CodeRequest & { apart?: Apart | undefined; caller: Caller },
): Promise<FunctionPart> {
  const { card, apart } = request;
  const code = await userCode(ctx, request);
  const model = card.kind === 'model' ? await modelEntry(ctx, card.path) : null;
  const fetched = model !== null && apart !== undefined ? { file: card.path, sha256: model.sha256, size: model.size } : null;
  const module = code.artifact === null ? undefined : await hashFile(ctx, code.artifact.path);
  const settings = bytesEntry('settings.json', canonical(settingsOf(name, card, code, apart)));
  const entries = [...(await servingCode(ctx, request.caller)), ...(model === null || apart !== undefined ? [] : [model]), ...code.entries, settings];
  const modelDigest = (model ?? module)?.sha256 ?? '';
  return { artifact: artifactOf('function', entries), fetched, modelDigest, findings: code.findings };
}

/** The function part with a requirements.txt, for a target that installs the packages itself. */
export function withRequirements(artifact: Artifact, requirements: string): Artifact {
  return artifactOf('function', [...artifact.entries, bytesEntry('requirements.txt', requirements)]);
}

async function modelEntry(ctx: Context, file: string): Promise<Entry> {
  const { sha256, size } = await hashOnce(ctx, file);
  return { path: `model/${path.basename(file)}`, mode: 0o644, sha256, size, source: { file } };
}

/** The contract of ARCHITECTURE.md. */
function settingsOf(name: string, card: ModelCard, code: UserCode, apart: Apart | undefined): Record<string, unknown> {
  const artifact =
    card.kind === 'model'
      ? { kind: 'model', ...whereOf(card, apart) }
      : { kind: 'python', module: code.artifact?.name, attribute: card.attribute };
  return { schema: 1, name, artifact, hooks: code.hooks?.name ?? null, main: code.main };
}

/** A package whose model lies apart does not name it. */
function whereOf({ path: file, format }: ModelFileCard, apart: Apart | undefined): Record<string, unknown> {
  if (apart === 'pointed') return { pointed: true };
  return apart === 'fetched' ? { format, fetched: true } : { path: `model/${path.basename(file)}`, format };
}

/** JSON with sorted keys: the same settings are the same bytes. */
function canonical(value: unknown): string {
  return `${JSON.stringify(value, withSortedKeys, 2)}\n`;
}

function withSortedKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
