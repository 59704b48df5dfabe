/** What a folder holds that could be deployed. Files are read, nothing is executed. */
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Context } from '../events.ts';

export interface Found {
  /** POSIX paths relative to the folder, best first: `model.joblib`, `app.py:predict`. */
  models: string[];
  sample: string | null;
  hooks: string | null;
}

/** Cannot be a model; saves opening them. */
const OTHER = /\.(py|ipynb|json|ya?ml|toml|md|txt|csv|tsv|html|js|ts|lock|png|jpe?g|svg|parquet|zip)$/i;
const SKIPPED = /^(\.|node_modules$|__pycache__$|venv$|env$|dist$|build$)/;
const SAMPLES = ['payload.json', 'sample.json', 'example.json', 'request.json', 'input.json'];
const MOST_FILES = 500;

export async function survey(ctx: Context): Promise<Found> {
  const files = (await listFiles(ctx.cwd)).slice(0, MOST_FILES);
  const models: string[] = [];
  for (const file of files) {
    ctx.signal.throwIfAborted();
    if (!OTHER.test(file) && (await isModel(ctx, path.join(ctx.cwd, file)))) models.push(file);
  }
  const scripts = files.filter((file) => file.endsWith('.py') && !file.includes('/'));
  const hooks = await first(scripts, async (file) => /^def (pre|post)process\(/m.test(await text(ctx, file)));
  if (models.length === 0) {
    for (const file of scripts) {
      const attribute = servable(await text(ctx, file));
      if (attribute !== null && file !== hooks) models.push(`${file}:${attribute}`);
    }
  }
  return { models, sample: SAMPLES.find((name) => files.includes(name)) ?? null, hooks: hooks ?? null };
}

/** The folder's own files, then those of its subfolders. */
async function listFiles(folder: string): Promise<string[]> {
  const entries = (await readdir(folder, { withFileTypes: true })).filter(({ name }) => !SKIPPED.test(name));
  const files = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  const below = entries
    .filter((entry) => entry.isDirectory())
    .map(async ({ name }) => {
      const inside = await readdir(path.join(folder, name), { withFileTypes: true }).catch(() => []);
      return inside.filter((entry) => entry.isFile()).map((entry) => `${name}/${entry.name}`);
    });
  return [...files.sort(), ...(await Promise.all(below)).flat().sort()];
}

async function isModel(ctx: Context, file: string): Promise<boolean> {
  const { inspect, isServed } = await import('../inspect/index.ts');
  try {
    const card = await inspect({ ...ctx, emit: () => {} }, file, {});
    return card.kind === 'model' ? card.estimator !== null : card.kind === 'framework' && isServed(card);
  } catch {
    return false;
  }
}

/** A WSGI app by its usual name, else a function by its usual name. */
function servable(source: string): string | null {
  const app = /^(app|application)\s*(?::[^=\n]+)?=\s*\w/m.exec(source)?.[1];
  return app ?? /^def (predict|handler|lambda_handler|handle|main)\(/m.exec(source)?.[1] ?? null;
}

async function text(ctx: Context, file: string): Promise<string> {
  const whole = path.join(ctx.cwd, file);
  return (await stat(whole)).size > 1_000_000 ? '' : readFile(whole, 'utf8');
}

async function first<T>(values: T[], test: (value: T) => Promise<boolean>): Promise<T | undefined> {
  for (const value of values) if (await test(value)) return value;
  return undefined;
}
