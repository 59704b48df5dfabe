/** Both parts of a package as one, for targets or accounts that take no second one. */
import type { Bundle } from '../types.ts';
import { artifactOf } from './digest.ts';

/** The serving code puts it on sys.path: templates/python/mlfn_serve/entry.py. */
const FOLDER = 'dependencies/';

/** The same bundle, its dependencies below `dependencies/` of the function part. */
export function oneZip(bundle: Bundle): Bundle {
  const moved = bundle.dependencies.entries.map((entry) => ({ ...entry, path: FOLDER + entry.path }));
  return {
    ...bundle,
    dependencies: artifactOf('dependencies', []),
    function: artifactOf('function', [...bundle.function.entries, ...moved]),
  };
}
