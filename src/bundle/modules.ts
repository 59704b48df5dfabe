/** Where the user's modules live: file -> the folder on sys.path it is imported from, and its dotted name. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { MlfnError } from '../errors.ts';
import type { UserClass } from '../card.ts';
import type { Located } from './scan.ts';

export interface Module extends Located {
  /** Dotted, as it is imported from `code/`. */
  name: string;
}

/**
 * A file inside `--code DIR` is imported from there; any other from the folder above its outermost package.
 * @throws BUNDLE_MODULE_NAME when Python could not import a file of that name.
 */
export function moduleOf(file: string, code: string | undefined): Module {
  let root = path.dirname(file);
  while (existsSync(path.join(root, '__init__.py')) && path.dirname(root) !== root) root = path.dirname(root);
  if (code !== undefined && file.startsWith(code + path.sep)) root = code;
  const parts = path.relative(root, file).replace(/\.py$/, '').split(path.sep);
  if (parts.length > 1 && parts.at(-1) === '__init__') parts.pop();
  const bad = parts.find((part) => part === '' || part.includes('.'));
  if (!file.endsWith('.py') || bad !== undefined) {
    throw new MlfnError('BUNDLE_MODULE_NAME', `${file} cannot be imported as a Python module.`, {
      hint: 'Give it (and the folders it is in) a name of letters, digits and underscores, ending in .py.',
      details: { file },
    });
  }
  return { path: file, root, name: parts.join('.') };
}

/**
 * The module of a class that the pickle names.
 * @throws BUNDLE_CLASS_NOT_FOUND when no file was found, or one that cannot be that module.
 */
export function moduleOfClass(each: UserClass, code: string | undefined): Module {
  const wanted = `${each.module}.${each.name}`;
  if (each.file === null) {
    throw new MlfnError('BUNDLE_CLASS_NOT_FOUND', `No file defines ${wanted}, which the model needs.`, {
      hint: `Put the file that defines class ${each.name} beside the model, or give its folder with --code DIR.`,
      details: { module: each.module, class: each.name },
    });
  }
  if (each.module === '__main__') return moduleOf(each.file, code);
  const parts = each.module.split('.');
  const ends = [`${parts.join(path.sep)}.py`, path.join(...parts, '__init__.py')];
  const end = ends.find((candidate) => each.file?.endsWith(path.sep + candidate));
  if (end !== undefined) return { path: each.file, root: each.file.slice(0, -end.length - 1), name: each.module };
  throw new MlfnError('BUNDLE_CLASS_NOT_FOUND', `The model needs ${wanted}, but ${each.file} is not module ${each.module}.`, {
    hint: `Give the folder that holds ${ends[0]} with --code DIR.`,
    details: { module: each.module, class: each.name, file: each.file },
  });
}
