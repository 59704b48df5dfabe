/** The user's own environments and what they hold: the likeliest place where the model was trained. */
import { stat } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import path from 'node:path';
import * as z from 'zod';
import type { Context } from '../events.ts';
import { activeEnvironments, interpreterOf, whichAll, type Candidate } from './candidates.ts';
import { readJson, writeWhole } from '../whole-files.ts';
import { type Python, usable } from './interpreters.ts';
import { normalize } from './requirements.ts';
import { lastLine, run, tool } from './run.ts';

export interface Environment {
  python: Python;
  /** `the active virtual environment` */
  label: string;
  /** Normalized name -> version. */
  distributions: Map<string, string>;
}

const TIMEOUT_MS = 60_000;
const LABELS: Partial<Record<Candidate['source'], string>> = {
  VIRTUAL_ENV: 'the active virtual environment',
  conda: 'the active conda environment',
  'beside the model': 'the virtual environment beside the model',
};

const installedSchema = z.object({
  distributions: z.record(z.string(), z.string()),
  folders: z.array(z.string()),
  provides: z.record(z.string(), z.array(z.string())),
});
type Installed = z.infer<typeof installedSchema>;
const entrySchema = z.object({ stamp: z.string(), installed: installedSchema });

/** In the order in which they are asked: active, beside the model, `python` on PATH. */
export async function userEnvironments(ctx: Context, folder: string): Promise<Environment[]> {
  const candidates: Candidate[] = [
    ...activeEnvironments(ctx),
    ...['.venv', 'venv'].map((name) => besideModel(path.join(folder, name))),
    ...(await whichAll(ctx, ['python', 'python3'])).map((file) => ({ path: file, source: 'PATH' as const })),
  ];
  const found: Environment[] = [];
  for (const candidate of candidates) {
    const python = await usable(ctx, candidate);
    if (python === null || found.some((one) => one.python.path === python.path)) continue;
    const { distributions } = await installed(ctx, python);
    const named = Object.entries(distributions).map(([name, version]) => [normalize(name), version] as const);
    found.push({ python, label: LABELS[candidate.source] ?? 'the Python on PATH', distributions: new Map(named) });
    if (candidate.source === 'PATH') break; // what `python` means; the ones behind it are not the user's choice
  }
  return found;
}

/** Dotted import name -> distributions of that environment that provide it. */
export async function providers(ctx: Context, python: Python, imports: string[]): Promise<Record<string, string[]>> {
  return (await ask(ctx, python, imports)).provides;
}

/** Kept until a folder of the environment changes: installing or removing anything changes its folder's time. */
async function installed(ctx: Context, python: Python): Promise<Installed> {
  const key = createHash('sha256')
    .update(JSON.stringify([1, python.path, python.version]))
    .digest('hex');
  const file = path.join(ctx.home.cache, 'environments', `${key}.json`);
  const known = entrySchema.safeParse(await readJson(file));
  if (known.success && known.data.stamp === (await stampOf(known.data.installed.folders))) return known.data.installed;
  const answer = await ask(ctx, python, []);
  if (answer.folders.length === 0) return answer;
  const stamp = await stampOf(answer.folders);
  await writeWhole(file, JSON.stringify({ stamp, installed: answer }));
  return answer;
}

async function ask(ctx: Context, python: Python, imports: string[]): Promise<Installed> {
  // -E and not -I: packages that the user installed with `pip install --user` count.
  const ran = await run(ctx, python.path, ['-E', tool('installed.py'), ...imports], { timeoutMs: TIMEOUT_MS });
  const answer = ran.code === 0 ? installedSchema.safeParse(JSON.parse(lastLine(ran.stdout))) : null;
  return answer?.success ? answer.data : { distributions: {}, folders: [], provides: {} };
}

async function stampOf(folders: string[]): Promise<string> {
  const times = folders.map((folder) =>
    stat(folder).then(
      (facts) => `${folder}:${facts.mtimeMs}`,
      () => folder,
    ),
  );
  return (await Promise.all(times)).join('|');
}

function besideModel(prefix: string): Candidate {
  return { path: interpreterOf(prefix, true), source: 'beside the model' };
}
