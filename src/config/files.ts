import { stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { MlfnError } from '../errors.ts';
import { splitArtifact } from './artifact.ts';
import type { Config } from './load.ts';

/** Cheap checks before the slow build: what the settings name is there. @throws CONFIG_FILE_MISSING, CONFIG_NO_MODEL */
export async function checkFiles(config: Config): Promise<Config & { model: string; name: string }> {
  const { model, name, origins } = config;
  if (model === null || name === null) {
    throw new MlfnError('CONFIG_NO_MODEL', 'No model was given, and no mlfn.yaml here or above names one.', {
      hint: 'Name it (mlfn deploy model.joblib), or write an mlfn.yaml with mlfn init.',
    });
  }
  // A SavedModel is a folder, and so is what MLflow logs.
  await mustBe('file or folder', splitArtifact(model).file, 'model', origins.model);
  await mustBe('file', config.sample, 'sample', origins.sample);
  await mustBe('folder', config.code, 'code', origins.code);
  for (const each of config.include ?? []) await mustBe('file or folder', each, 'include', origins.include);
  await mustBe('file', config.hooks, 'hooks', origins.hooks);
  await mustBe('file', config.requirements, 'requirements', origins.requirements);
  for (const folder of Object.values(config.settings.data?.folders ?? {})) await mustBe('folder', fileURLToPath(folder), 'data.folders', origins.data);
  return { ...config, model, name };
}

async function mustBe(kind: 'file' | 'folder' | 'file or folder', file: string | undefined, key: string, from = key): Promise<void> {
  if (file === undefined) return;
  const found = await stat(file).catch(() => null);
  if (found !== null && ((kind.startsWith('file') && found.isFile()) || (kind.endsWith('folder') && found.isDirectory()))) return;
  const what = found === null ? 'there is no such file' : `it is not a ${kind}`;
  throw new MlfnError('CONFIG_FILE_MISSING', `${from === 'argument' ? key : from}: ${file}: ${what}.`, {
    hint: `Give the path of the ${key === 'model' ? 'model file' : kind}.`,
    details: { key, path: file },
  });
}
