/** What each opcode does to the machine, by byte value. */
import type { Machine } from './machine.ts';
import * as calls from './calls.ts';
import { isCopy, isDtype } from './dtype.ts';
import { guard } from './guarded.ts';
import { NAMES } from './opcodes.ts';
import type { Argument } from './reader.ts';
import { decodeDecimal, decodeQuoted, decodeRawUnicode } from './text.ts';
import { Collection, type CollectionKind, type Excerpt, Instance, type Value } from './values.ts';

type Handler = (machine: Machine, arg: Argument) => void | Promise<void>;

const constant =
  (value: Value): Handler =>
  (machine) => machine.push(value);

const argument: Handler = (machine, arg) => machine.push(arg as Value);

/** Texts and byte strings: kept within the budget. */
const text: Handler = (machine, arg) => {
  const value = arg as string | Uint8Array | Excerpt | undefined;
  machine.push(value === undefined ? undefined : machine.walk.budget.fresh(value, machine.stack.length));
};

const line =
  (decode: (text: string) => Value): Handler =>
  (machine, arg) => {
    const value = arg === undefined ? undefined : decode(arg as string);
    machine.push(typeof value === 'string' ? machine.walk.budget.fresh(value, machine.stack.length) : value);
  };

const empty =
  (kind: CollectionKind): Handler =>
  (machine) => machine.push(new Collection(kind));

const tuple =
  (count: number): Handler =>
  (machine) => {
    machine.need(count);
    collect(machine, 'tuple', machine.stack.splice(machine.stack.length - count));
  };

const marked =
  (kind: CollectionKind): Handler =>
  (machine) => collect(machine, kind, machine.popMark());

function collect(machine: Machine, kind: CollectionKind, values: Value[]): void {
  if (kind === 'dict' && values.length % 2 !== 0) throw machine.error('stack-underflow', 'has a key without a value');
  const made = new Collection(kind);
  guard(machine, made, values);
  hashKeys(machine, kind, values);
  machine.walk.budget.attach(made, values, machine.depth);
  machine.push(made);
}

function hashKeys(machine: Machine, kind: CollectionKind, values: readonly Value[]): void {
  if (kind === 'tuple' || kind === 'list') return;
  for (let at = 0; at < values.length; at += kind === 'dict' ? 2 : 1) {
    const key = values[at];
    if (key instanceof Collection) machine.walk.demand.traversal(machine, [key]);
  }
}

const LISTS = new Set(['deque', 'list', 'FrozenList']);

/** Adds to what lies on top. What is unknown might be an object whose meaning changes by it. */
function extend(machine: Machine, kinds: readonly CollectionKind[], values: readonly Value[]): void {
  const target = machine.top();
  if (target instanceof Instance) return extendObject(machine, target, kinds, values);
  if (!(target instanceof Collection) || !kinds.includes(target.kind)) {
    throw machine.error('undetermined', 'adds to something that cannot be determined');
  }
  if (target.sealed) throw machine.error('undetermined', 'changes the fields of an array type');
  guard(machine, target, values);
  hashKeys(machine, target.kind, values);
  machine.walk.budget.attach(target, values, machine.depth);
}

/** Python asks the object for its `append`: it must be its class that answers, not what the file put into it. */
function extendObject(machine: Machine, target: Instance, kinds: readonly CollectionKind[], values: readonly Value[]): void {
  guard(machine, target, values);
  if (kinds.includes('dict')) hashKeys(machine, 'dict', values);
  const { name, verdict } = target.made;
  const listed = kinds.includes('dict') || (kinds.includes('list') && (verdict.role === 'user' || LISTS.has(name)));
  if (!listed || target.built) throw machine.error('undetermined', `adds to ${target.made.path} as no model does`);
}

function setItems(machine: Machine, values: readonly Value[]): void {
  if (values.length % 2 !== 0) throw machine.error('stack-underflow', 'has a key without a value');
  extend(machine, ['dict'], values);
}

const FAR = 100_000;

function slot(machine: Machine, arg: Argument): number {
  if (typeof arg === 'number') return arg;
  if (typeof arg === 'string' && /^\d{1,10}$/.test(arg)) return Number(arg);
  throw machine.error('memo-trick', 'names a memo slot that is not a plain number');
}

/** Python's memo is an array: a far slot takes memory for all before it. Every object that has one takes an opcode. */
const put: Handler = (machine, arg) => {
  const place = slot(machine, arg);
  if (place > machine.steps + FAR) throw machine.error('memo-trick', `fills the memo slot ${place}, far beyond the objects of the file`);
  machine.memo.put(place, machine.top(), machine.offset);
};
const get: Handler = (machine, arg) => again(machine, machine.memo.get(slot(machine, arg)));

/** Pushes what is already somewhere. An array type without its state could get another one once an array has it. */
function again(machine: Machine, value: Value): void {
  if (value instanceof Instance && isDtype(value) && !value.built && isCopy(value.args)) throw machine.error('undetermined', 'takes an array type before it has its state');
  machine.push(value);
}

const refuse =
  (code: string, what: string): Handler =>
  (machine) => {
    throw machine.error(code, what);
  };

const persistent = refuse('persistent-id', 'asks the loader for an object that is not in the file');
const extension = refuse('extension-code', "takes a class from a registry of the loader's: which one cannot be determined");

const BY_NAME: Record<string, Handler> = {
  MARK: (machine) => machine.mark(),
  STOP: (machine) => machine.stop(),
  POP: (machine) => void (machine.hasItems ? machine.pop() : machine.popMark()),
  POP_MARK: (machine) => void machine.popMark(),
  DUP: (machine) => again(machine, machine.top()),
  PROTO: (machine, arg) => machine.beginProtocol(arg as number),
  FRAME: (machine, arg) => machine.beginFrame(arg as number),
  FLOAT: line((digits) => (/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(digits) ? Number(digits) : undefined)),
  INT: line(decodeDecimal),
  LONG: line(decodeDecimal),
  BININT: argument,
  BININT1: argument,
  BININT2: argument,
  BINFLOAT: argument,
  LONG1: argument,
  LONG4: argument,
  NONE: constant(null),
  NEWTRUE: constant(true),
  NEWFALSE: constant(false),
  STRING: line(decodeQuoted),
  UNICODE: line(decodeRawUnicode),
  BINSTRING: text,
  SHORT_BINSTRING: text,
  BINUNICODE: text,
  SHORT_BINUNICODE: text,
  BINUNICODE8: text,
  BINBYTES: text,
  SHORT_BINBYTES: text,
  BINBYTES8: text,
  BYTEARRAY8: text,
  NEXT_BUFFER: refuse('out-of-band-buffer', 'asks the loader for a buffer that is not in the file'),
  READONLY_BUFFER: (machine) => machine.need(1),
  EMPTY_TUPLE: empty('tuple'),
  EMPTY_LIST: empty('list'),
  EMPTY_DICT: empty('dict'),
  EMPTY_SET: empty('set'),
  TUPLE1: tuple(1),
  TUPLE2: tuple(2),
  TUPLE3: tuple(3),
  TUPLE: marked('tuple'),
  LIST: marked('list'),
  DICT: marked('dict'),
  FROZENSET: marked('frozenset'),
  APPEND: (machine) => extend(machine, ['list'], [machine.pop()]),
  APPENDS: (machine) => extend(machine, ['list'], machine.popMark()),
  ADDITEMS: (machine) => extend(machine, ['set'], machine.popMark()),
  SETITEM: (machine) => {
    const value = machine.pop();
    setItems(machine, [machine.pop(), value]);
  },
  SETITEMS: (machine) => setItems(machine, machine.popMark()),
  PUT: put,
  BINPUT: put,
  LONG_BINPUT: put,
  MEMOIZE: (machine) => machine.memo.memoize(machine.top(), machine.offset),
  GET: get,
  BINGET: get,
  LONG_BINGET: get,
  GLOBAL: (machine, arg) => calls.global(machine, arg as readonly [string, string]),
  STACK_GLOBAL: calls.stackGlobal,
  REDUCE: calls.reduce,
  NEWOBJ: calls.newObject,
  NEWOBJ_EX: calls.newObjectEx,
  OBJ: calls.object,
  INST: (machine, arg) => calls.instance(machine, arg as readonly [string, string]),
  BUILD: calls.build,
  PERSID: persistent,
  BINPERSID: persistent,
  EXT1: extension,
  EXT2: extension,
  EXT4: extension,
};

export const HANDLERS: readonly (Handler | undefined)[] = NAMES.map((name) => (name === undefined ? undefined : BY_NAME[name]));
