/** Pickles in which every name is harmless, and what is done with them is not. */
import { bz2 } from './compress.ts';
import { ARRAY, dtype, global, join, proto, short, stackGlobal, SYSTEM, u32, u64, wrapper } from './pickle-bytes.ts';

const U1 = dtype('u1');
const S4 = dtype('S4', { size: 4 });
const WRAPPER = global('joblib.numpy_pickle', 'NumpyArrayWrapper');
const MEMMAP = global('numpy', 'memmap');
const MEAN = global('numpy', 'mean');
const NEW_INDEX = global('pandas.core.indexes.base', '_new_Index');
const BUNCH = join(global('sklearn.utils._bunch', 'Bunch'), ')\x81');
const SPLITTER = join(global('sklearn.model_selection._split', 'KFold'), ')\x81');
const number = (value: number | bigint): Buffer => join('\x8a\x09', u64(value), '\0');
/** A NumPy text or byte string. */
const scalar = (type: string, text: string, width: number): Buffer => {
  const data = Buffer.concat([...text].map((char) => Buffer.from([char.charCodeAt(0), ...Buffer.alloc(width - 1)])));
  return join(stackGlobal('numpy.core.multiarray', 'scalar'), dtype(type, { order: width === 4 ? '<' : '|', size: data.length }), 'C', Buffer.of(data.length), data, '\x86R');
};
/** Texts that use up what may be remembered, without a place in the memo. */
const FLOOD = join(...Array.from({ length: 29_000 }, (_, at) => join('X', u32(300), String(at).padStart(300, 'x'), '0')));
type Field = [name: string, type: Buffer, offset: number];
/** A structured array type; its dictionary of fields is in memo slot 7. */
const structure = (size: number, flags: number, fields: Field[], names = fields.map(([name]) => name)): Buffer => join(global('numpy', 'dtype'), short(`V${size}`), '\x89\x88\x87R', fieldsOf(size, flags, fields, names));
const fieldsOf = (size: number, flags: number, fields: Field[], names = fields.map(([name]) => name)): Buffer => {
  const rows = fields.map(([name, type, offset]) => join(short(name), type, 'K', Buffer.of(offset), '\x86'));
  return join('(K\x03', short('|'), 'N(', ...names.map(short), 't}q\x07(', ...rows, 'uK', Buffer.of(size), 'K\x01K', Buffer.of(flags), 'tb');
};
/** A tuple of a tuple twice, and so on. */
const doubled = (start: string, pair: string, times: number): Buffer => join(start, ...Array.from({ length: times }, () => pair));
const EMPTY_BZ2 = bz2(Buffer.alloc(0));

const PLACES: readonly (readonly [name: string, bytes: Buffer, code: string])[] = [
  // The memo.
  ['the last memo slot, overwritten by a number', join(proto(4), short('numpy'), 'q\x000', 'K\x07q\x000', 'h\x00', short('mean'), '\x93.'), 'undetermined'],
  ['the last memo slot, overwritten when no more texts are kept', join(proto(4), short('int8'), 'q\x000', FLOOD, short('eval'), 'q\x000', short('numpy'), '0', short('numpy'), 'h\x00', '\x93.'), 'undetermined'],
  ['a memo slot filled before those below it, and again', join(proto(4), short('numpy'), 'q\x010', 'Nq\x000', 'K\x07q\x010', 'h\x01', short('mean'), '\x93.'), 'undetermined'],
  ['a memo slot far beyond the objects, for which Python makes room', join(proto(4), 'Nr\xff\xff\xff\x7f.'), 'memo-trick'],
  // joblib's array wrapper, where Python has it and a reader does not see it.
  ["a method of joblib's wrapper among its attributes", join(proto(4), wrapper(U1, 'K\x04\x85', join(short('read'), MEAN)), 'abcd.'), 'undetermined'],
  ["joblib's wrapper as the class of another object", join(proto(4), SPLITTER, 'N}', short('__class__'), WRAPPER, 's\x86b.'), 'undetermined'],
  ["joblib's wrapper made by a function of pandas", join(proto(4), NEW_INDEX, WRAPPER, '}\x86R.'), 'undetermined'],
  ["joblib's wrapper kept in a list", join(proto(4), ']', WRAPPER, 'a.'), 'undetermined'],
  ["an attribute of joblib's wrapper that only looks like its shape, with a null inside", join(proto(4), wrapper(U1, 'K\x04\x85', join(scalar('U8', 'shape\0zz', 4), ')')), 'a.'), 'undetermined'],
  ["an attribute of joblib's wrapper that only looks like its shape, in bytes", join(proto(4), wrapper(U1, 'K\x04\x85', join(scalar('S5', 'shape', 1), ')')), 'a.'), 'undetermined'],
  ['bytes by another codec', join(proto(2), global('__builtin__', 'bytearray'), 'Vab\nVutf-16\n\x86R.'), 'forbidden-call'],
  ['bytes by a codec that leaves out', join(proto(2), global('_codecs', 'encode'), 'Vab\nVlatin1\nVignore\n\x87R.'), 'forbidden-call'],
  ['a text type whose size its state takes back', join(proto(4), wrapper(dtype('S4'), 'K\x01\x85'), 'abcd.'), 'undetermined'],
  ['an array type of objects that denies it, so that bytes are taken for addresses', join(proto(4), ARRAY, '(K\x01K\x01\x85', dtype('O8', { flags: 0 }), '\x89C\x08', 'A'.repeat(8), 'tb.'), 'undetermined'],
  ['an array of more objects than its list, for which NumPy reads beyond it', join(proto(4), ARRAY, '(K\x01K\x8f\x85', dtype('O8'), '\x89](K\x01K\x02etb.'), 'undetermined'],
  ['the same in a masked array', join(proto(4), stackGlobal('numpy.ma.core', '_mareconstruct'), '(', global('numpy.ma.core', 'MaskedArray'), global('numpy', 'ndarray'), 'K\0\x85C\x01btR(K\x01K\x8f\x85', dtype('O8'), '\x89](K\x01K\x02eC\x8f', '\0'.repeat(0x8f), 'Ntb.'), 'undetermined'],
  ['an array whose two sizes are negative', join(proto(4), ARRAY, '(K\x01J\xff\xff\xff\xffJ\xff\xff\xff\xff\x86', dtype('O8'), '\x89]Natb.'), 'undetermined'],
  ['an array type of objects that are not initialised, so that NumPy frees what was in the memory before', join(proto(4), dtype('O8', { flags: 115 }), '.'), 'undetermined'],
  ['an array type that gets objects when an array has it', join(proto(4), global('numpy', 'dtype'), short('V8'), '\x89\x88\x87Rq\0', ARRAY, '(K\x01K\x01\x85h\0\x89C\x08', 'A'.repeat(8), 'tb0', fieldsOf(8, 27, [['f0', dtype('O8'), 0]]), '.'), 'undetermined'],
  ['a state for the one array type of all objects', join(proto(4), global('numpy.dtypes', 'ObjectDType'), ')R(K\x03', short('|'), 'NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb.'), 'undetermined'],
  ['a field beyond the end of its array type', join(proto(4), structure(16, 16, [['f0', dtype('f8', { order: '<' }), 9]]), '.'), 'undetermined'],
  ['a number in the place of an object', join(proto(4), structure(8, 27, [['f0', dtype('O8'), 0], ['f1', dtype('i8', { order: '<' }), 0]]), '.'), 'undetermined'],
  ['a structured array type that denies its objects', join(proto(4), structure(8, 16, [['f0', dtype('O8'), 0]]), '.'), 'undetermined'],
  ['a structured array type that names a field it does not have', join(proto(4), structure(8, 16, [['f0', dtype('f8', { order: '<' }), 0]], ['f1']), '.'), 'undetermined'],
  ['a field replaced when its array type has been made', join(proto(4), structure(8, 16, [['f0', dtype('f8', { order: '<' }), 0]]), '0h\x07', short('f0'), dtype('O8'), 'K\0\x86s.'), 'undetermined'],
  ['an array type of objects that is not pickled as a list', join(proto(4), dtype('O8', { flags: 1 }), '.'), 'undetermined'],
  ['an array type of objects under another name', join(proto(4), dtype('object'), '.'), 'undetermined'],
  ['an array type of an unknown version of its state', join(proto(4), wrapper(Buffer.from(S4.toString('latin1').replace('K\x03', 'K\x01'), 'latin1'), 'K\x01\x85'), 'abcd.'), 'undetermined'],
  // What opens files, where something could call it.
  ['numpy.memmap made by a function of pandas, which empties a file', join(proto(4), NEW_INDEX, MEMMAP, '}', short('filename'), short('/tmp/x'), 's', short('mode'), short('w+'), 's\x86R.'), 'undetermined'],
  ['numpy.memmap in a partial', join(proto(4), global('functools', 'partial'), MEMMAP, '\x85R.'), 'undetermined'],
  ['numpy.memmap as the function of a transformer', join(proto(4), global('sklearn.preprocessing._function_transformer', 'FunctionTransformer'), ')\x81}', short('func'), MEMMAP, 'sb.'), 'undetermined'],
  ['numpy.memmap as a base', join(proto(2), global('copy_reg', '_reconstructor'), global('numpy', 'ndarray'), MEMMAP, short('/tmp/x'), '\x87R.'), 'undetermined'],
  ['numpy.memmap as a state', join(proto(4), global('functools', 'partial'), ')\x81', MEMMAP, '(K\x01tN\x87b.'), 'undetermined'],
  // Calls that the unpickler or a function makes for the file.
  ['a function of pandas given a class of another package', join(proto(4), NEW_INDEX, global('numpy', 'ndarray'), '}\x86R.'), 'forbidden-call'],
  ['a function of NumPy given what it calls', join(proto(4), global('numpy.random._pickle', '__generator_ctor'), short('x'), MEAN, '\x86R.'), 'forbidden-call'],
  ['an object whose attribute takes its second state', join(proto(4), SPLITTER, '}', short('__setstate__'), MEAN, 'sb}b.'), 'undetermined'],
  ['an object whose key is asked for `append`', join(proto(4), BUNCH, short('append'), MEAN, 's', short('x'), 'a.'), 'undetermined'],
  ['an object whose attribute is asked for `append`', join(proto(4), global('collections', 'deque'), ')R}', short('append'), MEAN, 'sbK\x01a.'), 'undetermined'],
  ['a distribution made by its constructor, as a base', join(proto(2), global('copy_reg', '_reconstructor'), global('scipy.stats._continuous_distns', 'norm_gen'), global('scipy.stats._continuous_distns', 'norm_gen'), 'K\x01\x87R.'), 'forbidden-call'],
  // Files that are two things.
  ['a bz2 stream behind an empty one', join(EMPTY_BZ2, bz2(join(proto(2), `${SYSTEM}.`))), 'forbidden-global'],
];

const SIZES: readonly (readonly [name: string, bytes: Buffer])[] = [
  ['bytearray(2 ** 36)', join(proto(4), global('builtins', 'bytearray'), number(2 ** 36), '\x85R.')],
  ['bytes(2 ** 40)', join(proto(4), global('builtins', 'bytes'), number(2 ** 40), '\x85\x81.')],
  ['bytes(2 ** 62) under the name of Python 2', join(proto(2), global('__builtin__', 'bytearray'), number(2n ** 62n), '\x85R.')],
  ['bytearray(2 ** 24), a thousand times', join(proto(4), '(', ...Array.from({ length: 1_000 }, () => join(global('builtins', 'bytearray'), 'J\0\0\0\x01\x85R')), 'l.')],
  ['list(range(2 ** 36))', join(proto(4), global('builtins', 'list'), global('builtins', 'range'), number(2 ** 36), '\x85R\x85R.')],
  ['list(range(2 ** 36)) by INST', join(proto(2), '(', global('__builtin__', 'xrange'), number(2 ** 36), '\x85R', 'i__builtin__\nlist\n.')],
  ['deque(range(2 ** 36)) through a dict', join(proto(4), global('collections', 'Counter'), '}K\x01', global('builtins', 'range'), number(2 ** 36), '\x85Rs\x85R.')],
  ['bytes made by copyreg', join(proto(2), global('copy_reg', '_reconstructor'), global('__builtin__', 'bytes'), global('__builtin__', 'bytes'), number(2 ** 36), '\x87R.')],
  ['an array of 2 ** 36', join(proto(4), stackGlobal('numpy._core.multiarray', '_reconstruct'), global('numpy', 'ndarray'), number(2 ** 36), '\x85C\x01b\x87R.')],
  ['an array of 2 ** 18 by 2 ** 18', join(proto(4), global('numpy', 'ndarray'), 'J\0\0\x04\0J\0\0\x04\0\x86\x85\x81.')],
  ['an array of few elements of a gigabyte', join(proto(4), stackGlobal('numpy.core.multiarray', '_reconstruct'), global('numpy', 'ndarray'), 'K\x01\x85', short('V1000000000'), '\x87R.')],
  ['an array of a type of a gigabyte', join(proto(4), global('numpy', 'ndarray'), 'K\x01', global('numpy', 'dtype'), short('S1000000000'), '\x85R\x86R.')],
  ['a masked array of 2 ** 36', join(proto(4), stackGlobal('numpy.ma.core', '_mareconstruct'), '(', global('numpy.ma.core', 'MaskedArray'), global('numpy', 'ndarray'), number(2 ** 36), '\x85C\x01btR.')],
  ['a sparse matrix of 2 ** 36 rows', join(proto(4), global('scipy.sparse._csr', 'csr_matrix'), number(2 ** 36), 'K\x01\x86\x85R.')],
  ['a tree of 2 ** 36 outputs', join(proto(4), global('sklearn.tree._tree', 'Tree'), 'K\x01N', number(2 ** 36), '\x87R.')],
  ['the hash of a tuple that holds one twice, sixty times over', join(proto(4), '}', doubled(')', '2\x86', 60), 'Ns.')],
  ['the same in a set', join(proto(4), '\x8f(', doubled(')', '2\x86', 60), '\x90.')],
  ['the same in a frozenset', join(proto(4), '(', doubled(')', '2\x86', 60), '\x91.')],
  ['the same as an argument', join(proto(4), global('numpy', 'matrix'), doubled(')', '2\x86', 60), '\x85R.')],
  ['lists that hold one another, filled from the outermost', join(proto(4), global('numpy', 'matrix'), ...Array.from({ length: 40 }, (_, at) => join(']q', Buffer.of(at))), ...Array.from({ length: 39 }, (_, at) => join('h', Buffer.of(at), '(h', Buffer.of(at + 1), 'h', Buffer.of(at + 1), 'e0')), ...Array.from({ length: 39 }, () => '0'), '\x85R.')],
  ['a key of ten thousand tuples in one another', join(proto(4), '}', ')', '\x85'.repeat(10_000), 'Ns.')],
];

const REFUSED: readonly (readonly [name: string, bytes: Buffer, code: string])[] = [
  ['the text of a list', join(proto(4), global('builtins', 'str'), ']\x85R.'), 'forbidden-call'],
  ['the integer of a decimal', join(proto(4), global('builtins', 'int'), global('decimal', 'Decimal'), short('1e999999999'), '\x85R\x85R.'), 'forbidden-call'],
  ['the fraction of a text with a power of ten', join(proto(4), global('fractions', 'Fraction'), short('1e999999999'), '\x85R.'), 'forbidden-call'],
  ['the integer of a decimal, made by copyreg', join(proto(2), global('copy_reg', '_reconstructor'), global('__builtin__', 'int'), global('__builtin__', 'int'), global('decimal', 'Decimal'), short('1e999999999'), '\x85R\x87R.'), 'forbidden-call'],
  ['a number without its bytes', join(proto(4), stackGlobal('numpy.core.multiarray', 'scalar'), dtype('V1000000000', { size: 1_000_000_000 }), '\x85R.'), 'forbidden-call'],
  ['a void of many bytes', join(proto(4), global('numpy', 'void'), number(2 ** 36), '\x85R.'), 'forbidden-call'],
];

export const EVASIONS: readonly (readonly [name: string, bytes: Buffer, code: string])[] = [
  ...PLACES,
  ...SIZES.map(([name, bytes]) => [name, bytes, 'huge-allocation'] as const),
  ...REFUSED,
];
