/** Looking names up, calling them, and giving objects their state: where a pickle could do harm. */
import { decodeScalar, isWhole } from './array-data.ts';
import { isPlainDistribution } from './distribution.ts';
import { isCopy, isDtype, layoutOf } from './dtype.ts';
import { assertMayTake, isGuarded, refuse } from './guarded.ts';
import { readArray } from './joblib-array.ts';
import type { Machine } from './machine.ts';
import { Collection, Excerpt, Global, Instance, type Value } from './values.ts';

/** How an object comes to be: `new` skips its constructor, `call` runs it. */
type Way = 'new' | 'call';

export function global(machine: Machine, [module, name]: readonly [string, string]): void {
  machine.push(find(machine, module, name));
}

export function stackGlobal(machine: Machine): void {
  machine.need(2);
  const name = machine.pop();
  const module = machine.pop();
  if (typeof module !== 'string' || typeof name !== 'string') {
    throw machine.error('undetermined', 'looks up a name that cannot be determined');
  }
  machine.memo.pin(module);
  machine.memo.pin(name);
  machine.push(find(machine, module, name));
}

export function reduce(machine: Machine): void {
  const args = tupleOf(machine);
  machine.push(call(machine, machine.pop(), args, 'call'));
}

export function newObject(machine: Machine): void {
  const args = tupleOf(machine);
  machine.push(call(machine, machine.pop(), args, 'new'));
}

export function newObjectEx(machine: Machine): void {
  const keywords = machine.pop();
  if (!(keywords instanceof Collection) || keywords.kind !== 'dict') throw machine.error('undetermined', 'takes keywords that cannot be determined');
  const args = tupleOf(machine);
  machine.push(call(machine, machine.pop(), [...args, ...keywords.items], 'new'));
}

export function object(machine: Machine): void {
  const [callee, ...args] = machine.popMark();
  if (callee instanceof Global) callee.called = true;
  machine.push(call(machine, callee, args, args.length === 0 ? 'new' : 'call'));
}

export function instance(machine: Machine, [module, name]: readonly [string, string]): void {
  const args = machine.popMark();
  const callee = find(machine, module, name);
  callee.called = true;
  machine.push(call(machine, callee, args, args.length === 0 ? 'new' : 'call'));
}

export function build(machine: Machine): void | Promise<void> {
  const state = machine.pop();
  if (isGuarded(state)) refuse(machine);
  const target = machine.top();
  if (!(target instanceof Instance)) {
    const what = target instanceof Global ? 'changes a class or function' : 'gives state to something that cannot be determined';
    throw machine.error(target instanceof Global ? 'class-changed' : 'undetermined', what);
  }
  if (target.made.verdict.role === 'wrapper') return replaceWrapper(machine, target, state);
  // Once it has a state, the object itself may say what a second one does (`__setstate__` among its attributes).
  if (target.built) throw machine.error('undetermined', `gives ${target.made.path} a second state`);
  if (isDtype(target)) {
    if (!isCopy(target.args)) throw machine.error('undetermined', 'changes an array type that all arrays share');
    target.layout = layoutOf(target.args, state);
    // Of a type that lies about its objects, NumPy takes bytes of the file for their addresses.
    if (target.layout === undefined) throw machine.error('undetermined', 'describes an array type as NumPy does not');
  } else if (target.made.module === 'numpy.dtypes') {
    throw machine.error('undetermined', 'changes an array type that all arrays share');
  } else if (target.mayBeAny && machine.walk.arrays) {
    throw machine.error('undetermined', `gives state to what ${target.made.path} returned, which cannot be determined`);
  }
  if (!isWhole(target, state)) throw machine.error('undetermined', 'fills an array with fewer or more objects than it has');
  if (target.made.verdict.role === 'distribution' && !isPlainDistribution(state)) {
    throw machine.error('code-in-state', `gives ${target.made.path} a state that may hold code`);
  }
  target.built = true;
  target.state = state;
}

async function replaceWrapper(machine: Machine, wrapper: Instance, state: Value): Promise<void> {
  if (wrapper.built) throw machine.error('undetermined', 'reads an array twice');
  wrapper.built = true;
  machine.pop();
  machine.push(await readArray(machine, state));
}

function find(machine: Machine, module: string, name: string): Global {
  const found = machine.walk.global(module, name, machine.offset, machine.protocol);
  if (found.verdict.role === 'wrapper') {
    if (machine.nested) throw machine.error('undetermined', 'names an array of joblib inside an object array');
    machine.walk.arrays = true;
  }
  return found;
}

/** A tuple too long to keep cannot be one of those whose arguments matter. */
const TOO_MANY: readonly Value[] = [undefined];

function tupleOf(machine: Machine): readonly Value[] {
  const args = machine.pop();
  if (args instanceof Collection && args.kind === 'tuple') {
    return args.exact || args.items.length > 0 ? args.items : TOO_MANY;
  }
  throw machine.error('undetermined', 'takes arguments that cannot be determined');
}

function call(machine: Machine, callee: Value, args: readonly Value[], way: Way): Value {
  if (!(callee instanceof Global)) {
    throw machine.error('computed-call', 'calls something that is not a class or function named in the file');
  }
  assertMayTake(machine, callee, args);
  const { role } = callee.verdict;
  switch (role) {
    case 'wrapper':
      if (way !== 'new' || args.length > 0) throw machine.error('undetermined', 'makes an array of joblib in a way that joblib does not');
      return new Instance(callee, []);
    case 'reconstructor':
      return reconstruct(machine, args);
    case 'new-object':
      return call(machine, args[0], args.slice(1), 'new');
    case 'encode':
      return encode(machine, args);
    case 'scalar':
      return scalar(machine, args);
    case 'ufunc-by-name':
      if (typeof args[0] !== 'string' || typeof args[1] !== 'string') throw machine.error('undetermined', 'looks up a name that cannot be determined');
      return find(machine, args[0], args[1]);
    case 'type-of':
      if (args.length !== 1 || args[0] !== null) throw machine.error('forbidden-call', 'calls type() on more than None');
      return undefined;
    case 'distribution':
      if (way !== 'new' || args.length > 0) throw machine.error('forbidden-call', `calls ${callee.path} in a way that SciPy does not`);
      return new Instance(callee, []);
    case 'reference':
    case 'array-class':
      throw machine.error('forbidden-call', `calls ${callee.path} while loading; a model may only refer to it`);
    case 'maker':
      assertPlainMaker(machine, callee, args);
      return make(machine, callee, args, way);
    default:
      return make(machine, callee, args, way);
  }
}

/** An object of a class, or of a function that makes one. */
function make(machine: Machine, callee: Global, args: readonly Value[], way: Way): Value {
  if (way === 'call') callee.called = true;
  machine.walk.demand.call(machine, callee, args);
  if (callee.module.endsWith('builtin__') || callee.module === 'builtins') {
    if (callee.name === 'bytes' || callee.name === 'bytearray') return bytesOf(machine, args);
    if (callee.name === 'object') return new Instance(callee, []);
  }
  if (callee.path === 'fractions.Fraction' && !args.every(isPlainRatio)) throw machine.error('forbidden-call', 'calls fractions.Fraction in a way that Python does not');
  const made = new Instance(callee, machine.walk.budget.args(args, machine.depth));
  made.mayBeAny = callee.verdict.role === 'user' && way === 'call' && args.some((arg) => typeof arg === 'object' || arg === undefined);
  return made;
}

/** `copyreg._reconstructor(class, base, state)`: protocols 0 and 1. */
function reconstruct(machine: Machine, args: readonly Value[]): Value {
  const [type, base, state] = args;
  if (args.length !== 3 || !(type instanceof Global) || !(base instanceof Global)) {
    throw machine.error('undetermined', 'makes an object of a class that cannot be determined');
  }
  if (type.verdict.role !== 'wrapper') {
    // The base makes it, of the state.
    const plain = /^(?:builtins|__builtin__)$/.test(base.module) ? !(state instanceof Instance) : ['class', 'user'].includes(base.verdict.role);
    if (!plain) throw machine.error('forbidden-call', `lets ${base.path} make an object of another class`);
    machine.walk.demand.call(machine, base, [state]);
    return call(machine, type, [], 'new');
  }
  if (base.name !== 'object' || state !== null) throw machine.error('undetermined', 'makes an array of joblib in a way that joblib does not');
  return new Instance(type, []);
}

/** `_codecs.encode(text, 'latin1')`: bytes in protocols 0 to 2. Any other codec is a lookup of code. */
function encode(machine: Machine, args: readonly Value[]): Value {
  const [text, codec] = args;
  if (args.length !== 2 || (codec !== 'latin1' && codec !== 'latin-1')) throw machine.error('forbidden-call', 'uses a codec other than latin1');
  if (text instanceof Excerpt) return text;
  return typeof text === 'string' ? Uint8Array.from(Buffer.from(text, 'latin1')) : undefined;
}

function scalar(machine: Machine, args: readonly Value[]): Value {
  const [type, bytes] = args;
  if (!(type instanceof Instance) || !isDtype(type)) throw machine.error('undetermined', 'makes a number of a type that cannot be determined');
  if (args.length !== 2) throw machine.error('forbidden-call', 'makes a number without its bytes');
  return decodeScalar(type.layout, bytes);
}

/** As text or two numbers. A power of ten in the text would be written out. */
function isPlainRatio(arg: Value): boolean {
  return typeof arg === 'string' ? /^-?\d+(?:\/\d+)?$/.test(arg) : typeof arg === 'number' || typeof arg === 'bigint';
}

function bytesOf(machine: Machine, args: readonly Value[]): Value {
  const [first] = args;
  if (args.length === 0) return new Uint8Array(0);
  if (args.length > 1) return encode(machine, args);
  return first instanceof Uint8Array || first instanceof Excerpt ? first : undefined;
}

/** Makers call what they are given (`_new_Index(class, arguments)`): only classes of their own package, or the user's. */
function assertPlainMaker(machine: Machine, callee: Global, args: readonly Value[]): void {
  const { distribution } = callee.verdict;
  const plain = args.every((arg) => {
    if (!(arg instanceof Global) || callee.name === '_reconstruct' || arg.name === '__bit_generator_ctor') return true;
    // What is forbidden is told as that.
    return arg.verdict.role === 'user' || arg.verdict.role === 'forbidden' || (arg.verdict.role === 'class' && arg.verdict.distribution === distribution);
  });
  if (!plain || args === TOO_MANY) throw machine.error('forbidden-call', `passes ${callee.path} what it might call`);
}
