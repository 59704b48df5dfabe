import path from 'node:path';

/**
 * Parts of what a user calls a model: `folder/model.joblib`, or `module.py:function`. Only a colon behind `.py`
 * separates, so that `C:\models\heart.pkl` is a path.
 */
export function splitArtifact(artifact: string): { file: string; attribute: string | null } {
  const match = /^(.*\.py):([^/\\:]*)$/s.exec(artifact);
  return match === null ? { file: artifact, attribute: null } : { file: match[1] ?? '', attribute: match[2] ?? '' };
}

/** The same artifact with an absolute path. */
export function absoluteArtifact(folder: string, artifact: string): string {
  const { file, attribute } = splitArtifact(artifact);
  const absolute = path.resolve(folder, file);
  return attribute === null ? absolute : `${absolute}:${attribute}`;
}
