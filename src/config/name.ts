import path from 'node:path';
import { MlfnError } from '../errors.ts';
import { NAME, NAME_RULE } from './schema.ts';

/** File stems that say nothing about what the model is for. */
const GENERIC = new Set(
  ('model models pipeline pipe clf classifier regressor estimator predictor final best trained fitted latest new old ' +
    'output artifact app main handler function func predict serve server index init wsgi').split(' '),
);
const EXTENSION = /\.(joblib|pkl|pickle|sav|model|bin|py|gz|z|zlib|bz2|xz|lzma)$/i;

/**
 * The name of a function nobody named: the file's stem, or its folder's name when the stem says nothing
 * (`heart/model-v2.joblib` is `heart`).
 */
export function defaultName(modelPath: string): string {
  let stem = path.basename(modelPath);
  while (EXTENSION.test(stem)) stem = stem.replace(EXTENSION, '');
  const slug = slugOf(stem);
  if (slug !== '' && !isGeneric(slug)) return slug;
  return slugOf(path.basename(path.dirname(modelPath))) || slug || 'model';
}

/** `final_model.v2` is as generic as `model`. */
function isGeneric(slug: string): boolean {
  return slug.split('-').every((word) => /^v?\d*$/.test(word) || GENERIC.has(word.replace(/v?\d+$/, '')));
}

function slugOf(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+/, '')
    .slice(0, 48)
    .replace(/-+$/, '');
}

/** @throws CONFIG_NAME */
export function checkName(name: string, from: string): string {
  if (NAME.test(name)) return name;
  const slug = slugOf(name);
  throw new MlfnError('CONFIG_NAME', `${from}: ${JSON.stringify(name)} cannot be a name.`, {
    hint: `Use ${NAME_RULE}${slug === '' ? '' : `, e.g. ${slug}`}.`,
    details: { name },
  });
}
