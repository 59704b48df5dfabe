/** Which mlfn.yaml a command goes by. */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { MlfnError } from '../errors.ts';
import { absoluteArtifact, splitArtifact } from './artifact.ts';
import type { ConfigFile } from './file.ts';

const CONFIG_FILE = 'mlfn.yaml';

/** The nearest one in the folder or above it. */
export async function findConfig(folder: string): Promise<ConfigFile | null> {
  const file = await nearestFile(folder);
  // Loading what reads YAML takes as long as some commands do.
  return file === null ? null : (await import('./file.ts')).readConfigFile(file);
}

/**
 * The one that applies to a model given by its path: the nearest at or above the model's folder, if it names that
 * model, or names none and lies beside it. Another model's settings are never taken.
 */
export async function findConfigFor(artifact: string): Promise<ConfigFile | null> {
  const folder = path.dirname(splitArtifact(artifact).file);
  const found = await findConfig(folder);
  if (found === null) return null;
  const { model } = found.values;
  if (model === undefined) return found.folder === folder ? found : null;
  return absoluteArtifact(found.folder, model) === artifact ? found : null;
}

async function nearestFile(folder: string): Promise<string | null> {
  for (let current = path.resolve(folder); ; current = path.dirname(current)) {
    const file = path.join(current, CONFIG_FILE);
    if (await isFile(file)) return file;
    if (await isFile(path.join(current, 'mlfn.yml'))) {
      throw new MlfnError('CONFIG_FILE_NAME', `${path.join(current, 'mlfn.yml')} is not read.`, {
        hint: `Rename it to ${CONFIG_FILE}.`,
      });
    }
    if (path.dirname(current) === current) return null;
  }
}

async function isFile(file: string): Promise<boolean> {
  try {
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}
