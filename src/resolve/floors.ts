/** The oldest versions that can read a file, by what it names: a name tells that its writer was at least so old. */
import { lt } from '@renovatebot/pep440';
import type { GlobalRef, ModelCard } from '../card.ts';
import type { Pin } from './needs.ts';
import { normalize } from './requirements.ts';

interface Proof {
  name: string;
  since: string;
  proves(globals: GlobalRef[]): boolean;
}

/** Found by writing with the version named, and reading with the one before it. */
const PROOFS: Proof[] = [
  // The private modules that pickles name were public ones before (SciPy's release notes of 1.8.0).
  { name: 'scipy', since: '1.8.0', proves: named(/^scipy\.sparse\._(bsr|coo|csc|csr|dia|dok|lil|arrays)$/) },
  { name: 'scipy', since: '1.8.0', proves: named(/^scipy\.(interpolate\._(interpolate|polyint|rbf|fitpack2)|spatial\._c?kdtree|stats\._kde)$/) },
  { name: 'scipy', since: '1.18.0', proves: named(/^scipy\.interpolate\._bsplines$/, /^_BSpline$/) },
  // A random state was made from the name of its bit generator before, and from the generator itself since.
  { name: 'numpy', since: '1.24.0', proves: (globals) => CTORS.every((ctor) => named(/^numpy\.random\._pickle$/, ctor)(globals)) },
];
const CTORS = [/^__(randomstate|generator)_ctor$/, /^__bit_generator_ctor$/];

function named(module: RegExp, name = /./): Proof['proves'] {
  return (globals) => globals.some((one) => module.test(one.module) && name.test(one.name));
}

/** One for each package that something is known of. */
export function floorsOf(card: ModelCard): Pin[] {
  if (card.kind === 'python') return [];
  const floors = new Map(Object.entries(card.atLeast).map(([name, version]) => [normalize(name), version]));
  for (const { name, since, proves } of card.kind === 'model' ? PROOFS : []) {
    const known = floors.get(name);
    if (card.kind === 'model' && proves(card.globals) && (known === undefined || lt(known, since))) floors.set(name, since);
  }
  return [...floors].map(([name, version]) => ({ name, version }));
}
