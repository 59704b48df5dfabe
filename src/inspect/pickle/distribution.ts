/**
 * scipy.stats distributions, which a RandomizedSearchCV keeps. One of them restores itself by `exec` of a text in its
 * state (`rv_generic._attach_argparser_methods`), so that text must be the one that SciPy writes, with plain names in it.
 */
import { Collection, type Value } from './values.ts';

/** `parse_arg_template` of SciPy's _distn_infrastructure.py, unchanged since 0.18. */
const TEMPLATE = new RegExp(
  String.raw`^
def _parse_args\(self, ((?:[A-Za-z_]\w*, )*) (loc=0(?:, scale=1)?)\):
    return \(\1\), (loc, (?:scale|1))

def _parse_args_rvs\(self, \1 \2, size=None\):
    return self\._argcheck_rvs\(\1 \3, size=size\)

def _parse_args_stats\(self, \1 \2, moments='mv'\):
    return \(\1\), \3, moments
$`,
);

/** Whether this state brings no code along. */
export function isPlainDistribution(state: Value): boolean {
  if (!(state instanceof Collection) || state.kind !== 'dict' || !state.exact) return false;
  return state.items.every((key, at) => {
    if (at % 2 !== 0) return true;
    if (typeof key !== 'string') return false;
    if (key !== '_parse_arg_template') return true;
    const template = state.items[at + 1];
    return typeof template === 'string' && TEMPLATE.test(template);
  });
}
