/** Looks a name up: framework, the user's own (still to be found), or forbidden. */
import { JOBLIB, NUMPY, PANDAS, SCIPY } from './numerics.ts';
import { LEGACY_BUILTINS, LEGACY_MODULES, PYTHON_RULES, STDLIB } from './python.ts';
import { SKLEARN, SKLEARN_LIKE } from './sklearn.ts';
import type { Family, Rule, Verdict } from './verdict.ts';

/** Packages whose pickles are refused as a whole: they rebuild code from data, or have no allowlist yet. */
const REFUSED: Readonly<Record<string, string>> = {
  patsy: 'patsy', statsmodels: 'statsmodels', formulaic: 'formulaic',
  torch: 'torch', tensorflow: 'tensorflow', keras: 'keras', onnx: 'onnx', skops: 'skops', polars: 'polars', pyarrow: 'pyarrow',
  threadpoolctl: 'threadpoolctl', loky: 'loky', numba: 'numba', dask: 'dask', sympy: 'sympy', setuptools: 'setuptools',
  mlflow: 'mlflow', ray: 'ray', spacy: 'spacy', nltk: 'nltk', jax: 'jax', flask: 'flask', requests: 'requests', yaml: 'pyyaml',
};

/** They pickle what a module does not define by its code. Both write plain pickles of everything else. */
const EMBED_CODE = new Set(['cloudpickle', 'dill', '_dill']);
const EMBEDDED = 'Put your functions and classes into a .py file beside the model, import them from there, and save it with joblib.dump; or give --trust for a file whose maker you know.';

const FAMILIES: ReadonlyMap<string, Family> = new Map(
  [SKLEARN, NUMPY, SCIPY, PANDAS, JOBLIB, ...SKLEARN_LIKE].flatMap((family) =>
    family.packages.map((name) => [name, family] as const),
  ),
);

// Letters of other scripts are allowed in Python's names; a path separator or a space is not.
const MODULE = /^[\p{L}_][\p{L}\p{N}_]*(?:\.[\p{L}_][\p{L}\p{N}_]*)*$/u;
const NAME = /^[\p{L}_][\p{L}\p{N}_]*$/u;

/** Protocols 0 to 2 may use Python 2's names of the built-ins; the unpickler maps them. */
export function judge(module: string, name: string, protocol: number): Verdict {
  if (!MODULE.test(module) || !NAME.test(name) || module.length + name.length > 512) return odd(module, name);
  const legacy = protocol < 3 && LEGACY_MODULES[module] !== undefined;
  const modern = legacy ? LEGACY_MODULES[module]! : module;
  const modernName = legacy && modern === 'builtins' ? (LEGACY_BUILTINS[name] ?? name) : name;
  const top = modern.slice(0, modern.includes('.') ? modern.indexOf('.') : undefined);
  if (STDLIB.has(top)) {
    const rule = matching(PYTHON_RULES, modern, modernName);
    return rule ?? { role: 'forbidden', distribution: null, reason: 'is of the standard library, and not among the few that only hold data' };
  }
  const family = FAMILIES.get(top);
  if (family !== undefined) return ofFamily(family, modern, modernName);
  if (EMBED_CODE.has(top)) return { role: 'forbidden', distribution: top.replace('_', ''), reason: 'rebuilds functions and classes from byte code in the file', hint: EMBEDDED };
  const refused = REFUSED[top];
  if (refused !== undefined) return { role: 'forbidden', distribution: refused, reason: `is of ${refused}, whose objects can run code while they are loaded` };
  return { role: 'user', distribution: null };
}

function ofFamily(family: Family, module: string, name: string): Verdict {
  const found = matching(family.rules, module, name);
  if (found === null) {
    return { role: 'forbidden', distribution: family.distribution, reason: `is not on the allowlist of ${family.distribution}` };
  }
  return { ...found, distribution: family.distribution };
}

function matching(rules: readonly Rule[], module: string, name: string): Verdict | null {
  const rule = rules.find((each) => each.modules.test(module) && (each.names instanceof RegExp ? each.names.test(name) : each.names.has(name)));
  if (rule === undefined) return null;
  return { role: rule.role, distribution: null, ...(rule.role === 'forbidden' ? { reason: rule.reason ?? 'is not on the allowlist' } : {}) };
}

function odd(module: string, name: string): Verdict {
  const walks = MODULE.test(module) && MODULE.test(name);
  const reason = walks ? 'walks from one object to another, which no model needs' : 'is not a name that Python code could have';
  return { role: 'forbidden', distribution: null, reason };
}
