/** Which distributions the artifact cannot do without: those the pickle names, and those the code imports. */
import path from 'node:path';
import { lt, valid } from '@renovatebot/pep440';
import * as z from 'zod';
import { MlfnError } from '../errors.ts';
import type { Context } from '../events.ts';
import type { ModelCard, ModelFileCard } from '../card.ts';
import { forServing, knownDistribution } from './distributions.ts';
import { providers, type Environment } from './environment.ts';
import { fromUser, type Python } from './interpreters.ts';
import { normalize, type RequirementsFile } from './requirements.ts';
import { lastLine, run, tool } from './run.ts';

/** Normalized name -> who needs it: `model.joblib`, `app.py line 3`. */
export type Needs = Map<string, string>;

const scanSchema = z.object({
  imports: z.array(z.object({ name: z.string(), file: z.string(), line: z.number(), optional: z.boolean() })),
  errors: z.array(z.object({ file: z.string(), line: z.number().nullable(), message: z.string() })),
});
type Import = z.infer<typeof scanSchema>['imports'][number];

export interface Pin {
  name: string;
  version: string;
}

/** The exact versions that the file names, as the index spells the packages; the framework's first. */
export function pinsOf(card: ModelCard, requirements: RequirementsFile | null): Pin[] {
  if (card.kind === 'python') return [];
  const own = card.framework?.name;
  const pins = Object.entries(card.versions).toSorted(([a], [b]) => Number(b === own) - Number(a === own));
  return pins.map(([name, version]) => ({ name: servedAs(card, name, requirements), version }));
}

/** The smallest package that serves what a distribution does, unless the requirements list another. */
function servedAs(card: Pick<ModelFileCard, 'versions'>, distribution: string, requirements: RequirementsFile | null): string {
  const name = normalize(distribution);
  if (requirements?.items.some((one) => one.name === name)) return name;
  const saved = card.versions[distribution];
  // xgboost-cpu exists since XGBoost 2.1.1; the version of the file must be had.
  if (name === 'xgboost' && saved !== undefined && valid(saved) !== null && lt(saved, '2.1.1')) return name;
  return normalize(knownDistribution(distribution) ?? distribution);
}

/**
 * @param scanner the interpreter that parses the code; nothing of the code is executed
 * @throws MlfnError RESOLVE_CODE_UNREADABLE | RESOLVE_IMPORT_UNKNOWN
 */
export async function findNeeds(
  ctx: Context,
  card: ModelCard,
  code: string[],
  scanner: Python,
  environments: Environment[],
  requirements: RequirementsFile | null,
): Promise<Needs> {
  const needs: Needs = new Map();
  const files = code.map((file) => fromUser(ctx, file));
  if (card.kind === 'python') {
    files.unshift(card.path);
  } else {
    const name = path.basename(card.path);
    const framework = card.kind === 'framework' || card.framework === null ? [] : [card.framework.name];
    for (const each of [...card.distributions, ...framework]) needs.set(servedAs(card, each, requirements), name);
    if (card.format === 'joblib') needs.set('joblib', name); // it is read by joblib, whatever it holds
    for (const { file } of card.kind === 'model' ? card.userClasses : []) if (file !== null) files.push(file);
  }
  const imports = await scan(ctx, scanner, [...new Set(files)]);
  for (const [name, why] of await distributionsOf(ctx, imports, environments, requirements)) {
    if (!needs.has(name)) needs.set(name, why);
  }
  return needs;
}

async function scan(ctx: Context, scanner: Python, files: string[]): Promise<Import[]> {
  if (files.length === 0) return [];
  const ran = await run(ctx, scanner.path, ['-I', tool('imports.py'), ...files], { timeoutMs: 60_000 });
  if (ran.code !== 0) throw new Error(`imports.py ended with ${ran.code}: ${ran.stderr}`);
  const found = scanSchema.parse(JSON.parse(lastLine(ran.stdout)));
  const [broken] = found.errors;
  if (broken === undefined) return found.imports;
  const line = broken.line === null ? '' : ` line ${broken.line}`;
  throw new MlfnError('RESOLVE_CODE_UNREADABLE', `${path.basename(broken.file)}${line}: ${broken.message}.`, {
    hint: `Mend it, or read it with a newer Python than ${scanner.version} (--python).`,
    details: { file: broken.file, line: broken.line },
  });
}

async function distributionsOf(
  ctx: Context,
  imports: Import[],
  environments: Environment[],
  requirements: RequirementsFile | null,
): Promise<Needs> {
  const found: Needs = new Map();
  const names = [...new Set(imports.map((one) => one.name))];
  const installed: Record<string, string[]> = {};
  for (const environment of names.length > 0 ? environments : []) {
    for (const [name, owners] of Object.entries(await providers(ctx, environment.python, names)))
      installed[name] ??= owners;
  }
  const listed = new Set(requirements?.items.map((item) => item.name));
  for (const one of imports) {
    const name = distributionFor(one.name, installed[one.name], listed);
    const where = `${path.basename(one.file)} line ${one.line}`;
    if (name !== null && !found.has(name)) found.set(name, where);
    // With requirements beside the code, what is not known is taken to come from one of them.
    if (name !== null || one.optional || listed.size > 0) continue;
    throw new MlfnError(
      'RESOLVE_IMPORT_UNKNOWN',
      `${where} imports ${one.name}, which is neither beside it nor installed, and mlfn does not know its package.`,
      { hint: 'Write the package that provides it into a requirements.txt beside the code.', details: { ...one } },
    );
  }
  return found;
}

function distributionFor(imported: string, owners: string[] | undefined, listed: Set<string>): string | null {
  const installed = (owners ?? []).map(normalize);
  const known = knownDistribution(imported);
  const wish = installed.find((name) => listed.has(name)) ?? installed[0] ?? (known === null ? null : normalize(known));
  if (wish === null) {
    const same = normalize(imported.split('.')[0] ?? '');
    return listed.has(same) ? same : null;
  }
  // `opencv-python` in the requirements is what `opencv-python-headless` would be, and likewise xgboost and psycopg2.
  const variant = [...listed].find(
    (name) => name === wish || wish.startsWith(`${name}-`) || name.startsWith(`${wish}-`),
  );
  return variant ?? forServing(wish);
}
