/**
 * Values that may go to one place and nowhere else, because what they do depends on who gets hold of them: joblib's
 * array wrapper (array bytes follow where one is built) and numpy.memmap (whoever calls it can empty a file).
 */
import type { Machine } from './machine.ts';
import { Collection, Global, Instance, type Value } from './values.ts';

export function isGuarded(value: Value): boolean {
  if (value instanceof Collection) return value.guarded;
  const made = value instanceof Instance ? value.made : value;
  return made instanceof Global && (made.verdict.role === 'wrapper' || (made === value && made.verdict.role === 'array-class'));
}

/** A tuple of arguments may hold them, and says so; joblib notes an array's class in the wrapper's state. */
export function guard(machine: Machine, target: Collection | Instance, values: readonly Value[]): void {
  for (let at = 0; at < values.length; at += 1) {
    const value = values[at];
    if (typeof value !== 'object' || value === null || !isGuarded(value)) continue;
    if (target instanceof Collection && target.kind === 'tuple') target.guarded = true;
    else if (!(value instanceof Global && value.verdict.role === 'array-class' && at % 2 === 1 && values[at - 1] === 'subclass')) refuse(machine);
  }
}

/** `copyreg._reconstructor(NumpyArrayWrapper, object, None)` and `_reconstruct(memmap, (0,), b'b')`, as pickles have them. */
export function assertMayTake(machine: Machine, callee: Global, args: readonly Value[]): void {
  if (!args.some(isGuarded)) return;
  const [first, ...rest] = args;
  const wanted = callee.verdict.role === 'reconstructor' ? 'wrapper' : callee.name === '_reconstruct' ? 'array-class' : null;
  if (!(first instanceof Global) || first.verdict.role !== wanted || rest.some(isGuarded)) refuse(machine);
}

export function refuse(machine: Machine): never {
  throw machine.error('undetermined', 'takes an array wrapper of joblib, or a class that opens files, where no model has one');
}
