/** Where the Python that mlfn brings along lies. */
import { existsSync } from 'node:fs';
import path from 'node:path';

/** The package's templates folder: beside src/ when run from sources, beside dist/ when installed. */
export function templatesFolder(): string {
  let folder = import.meta.dirname;
  while (!existsSync(path.join(folder, 'templates', 'python'))) {
    const parent = path.dirname(folder);
    if (parent === folder) throw new Error(`There is no templates folder above ${import.meta.dirname}.`);
    folder = parent;
  }
  return path.join(folder, 'templates');
}
