/** Files made to run code, or to make a reader believe that they do not. */
import { bz2, deflate, gzip, lzma, xz } from './compress.ts';
import { dtype, frame, global, join, proto, short, stackGlobal, SYSTEM, u32, u64, wrapper } from './pickle-bytes.ts';

const FORBIDDEN = 'forbidden-global';
const text = (value: string): string => `S'${value}'\n`;
const U1 = dtype('u1');
/** SciPy's own, but for a default value that is an expression. */
const TEMPLATE = "\ndef _parse_args(self, a=print(), loc=0, scale=1):\n    return (a, ), loc, scale\n\ndef _parse_args_rvs(self, a,  loc=0, scale=1, size=None):\n    return self._argcheck_rvs(a,  loc, scale, size=size)\n\ndef _parse_args_stats(self, a,  loc=0, scale=1, moments='mv'):\n    return (a, ), loc, scale, moments\n";

/** A pickle as joblib nests it behind an object array. */
const OBJECTS = join(proto(4), stackGlobal('numpy.core.multiarray', '_reconstruct'), stackGlobal('numpy', 'ndarray'), 'K\x00\x85C\x01b\x87R.');
const WRAPPER = join(global('joblib.numpy_pickle', 'NumpyArrayWrapper'), ')\x81');
const BUILT_ONCE = join(WRAPPER, '\x94', wrapper(U1, 'K\x00\x85', join(short('numpy_array_alignment_bytes'), 'K\x10')).subarray(WRAPPER.length), '\0');
const BUILT_AGAIN = wrapper(U1, 'K\x04\x85').subarray(WRAPPER.length);
/** More texts than are remembered. */
const FLOOD = join(...Array.from({ length: 40_000 }, (_, at) => join(short(String(at).padStart(250, 'x')), '\x940')));

/** Name, what it is, the finding that must be among its errors. */
export const MALICIOUS: readonly (readonly [name: string, bytes: Buffer, code: string])[] = [
  // Names that run things, in every way a pickle can name them.
  ['os.system by GLOBAL and REDUCE', join(`${SYSTEM}.`), FORBIDDEN],
  ['posix.system', join("cposix\nsystem\n(S'id'\ntR."), FORBIDDEN],
  ['nt.system', join("cnt\nsystem\n(S'id'\ntR."), FORBIDDEN],
  ['subprocess.Popen by OBJ', join("(csubprocess\nPopen\nS'id'\no."), FORBIDDEN],
  ['os.system by INST', join("(S'id'\nios\nsystem\n."), FORBIDDEN],
  ['os.system by STACK_GLOBAL', join(proto(4), stackGlobal('os', 'system'), short('id'), '\x85R.'), FORBIDDEN],
  ['builtins.eval', join(proto(3), global('builtins', 'eval'), text('1'), '\x85R.'), FORBIDDEN],
  ['builtins.exec under its Python 2 name', join(proto(2), global('__builtin__', 'exec'), text('1'), '\x85R.'), FORBIDDEN],
  ['builtins.getattr', join(proto(3), global('builtins', 'getattr'), global('builtins', 'str'), text('format'), '\x86R.'), FORBIDDEN],
  ['builtins.__import__', join(proto(2), global('__builtin__', '__import__'), text('os'), '\x85R.'), FORBIDDEN],
  ['builtins.open', join(proto(4), global('builtins', 'open'), text('f'), '\x85R.'), FORBIDDEN],
  ['builtins.map over exec', join(proto(4), global('builtins', 'map'), global('builtins', 'exec'), ']\x86R.'), FORBIDDEN],
  ['type() making a class', join(proto(4), global('builtins', 'type'), text('X'), ')}\x87R.'), 'forbidden-call'],
  ['importlib.import_module', join(proto(4), stackGlobal('importlib', 'import_module'), short('x'), '\x85R.'), FORBIDDEN],
  ['runpy', join(proto(4), stackGlobal('runpy', 'run_path'), short('x'), '\x85R.'), FORBIDDEN],
  ['operator.attrgetter', join(proto(4), stackGlobal('operator', 'attrgetter'), short('__globals__'), '\x85R.'), FORBIDDEN],
  ['operator.methodcaller', join(proto(4), stackGlobal('_operator', 'methodcaller'), short('x'), '\x85R.'), FORBIDDEN],
  ['a nested pickle through pickle.loads', join(proto(4), stackGlobal('_pickle', 'loads'), 'C\x11', 'cos\nsystem\n(S\'\'\nt', '\x85R.'), FORBIDDEN],
  ['joblib.load', join(proto(4), stackGlobal('joblib', 'load'), short('x'), '\x85R.'), FORBIDDEN],
  ['joblib.memory', join(proto(4), stackGlobal('joblib.memory', 'Memory'), short('x'), '\x85R.'), FORBIDDEN],
  ['numpy.load', join(proto(4), stackGlobal('numpy', 'load'), short('x'), '\x85R.'), FORBIDDEN],
  ['numpy.memmap, which opens a file', join(proto(4), stackGlobal('numpy', 'memmap'), short('x'), '\x85R.'), 'forbidden-call'],
  ['numpy.testing runstring', join(proto(4), stackGlobal('numpy.testing._private.utils', 'runstring'), short('x'), '\x85R.'), FORBIDDEN],
  ['numpy.f2py', join(proto(4), stackGlobal('numpy.f2py.crackfortran', 'myeval'), short('x'), '\x85R.'), FORBIDDEN],
  ['pandas.eval', join(proto(4), stackGlobal('pandas', 'eval'), short('x'), '\x85R.'), FORBIDDEN],
  ['pandas.read_pickle', join(proto(4), stackGlobal('pandas.io.pickle', 'read_pickle'), short('x'), '\x85R.'), FORBIDDEN],
  ['scipy.stats, which restores itself by exec', join(proto(4), stackGlobal('scipy.stats._distn_infrastructure', 'rv_continuous'), ')\x81.'), FORBIDDEN],
  ['code in the state of a distribution', join(proto(4), stackGlobal('scipy.stats._continuous_distns', 'norm_gen'), ')\x81}', short('_parse_arg_template'), short('import os; os.system("id")'), 'sb.'), 'code-in-state'],
  ['code in a name of a distribution', join(proto(4), stackGlobal('scipy.stats._continuous_distns', 'norm_gen'), ')\x81}', short('_parse_arg_template'), 'X', u32(TEMPLATE.length), TEMPLATE, 'sb.'), 'code-in-state'],
  ['a distribution that is called', join(proto(4), stackGlobal('scipy.stats._distn_infrastructure', 'rv_frozen'), stackGlobal('builtins', 'len'), '\x85R.'), 'forbidden-call'],
  ['sklearn.utils._testing', join(proto(4), stackGlobal('sklearn.utils._testing', 'check_skip_network'), ')R.'), FORBIDDEN],
  ['sklearn.datasets', join(proto(4), stackGlobal('sklearn.datasets', 'load_files'), short('/'), '\x85R.'), FORBIDDEN],
  ['joblib.Parallel under a name of scikit-learn', join(proto(4), stackGlobal('sklearn.ensemble._forest', 'Parallel'), ')R.'), FORBIDDEN],
  ['types.MethodType under a name of scikit-learn', join(proto(4), stackGlobal('sklearn.feature_selection._base', 'MethodType'), ')R.'), FORBIDDEN],
  ['cloudpickle', join(proto(4), stackGlobal('cloudpickle.cloudpickle', '_make_function'), ')R.'), FORBIDDEN],
  ['dill', join(proto(4), stackGlobal('dill._dill', '_create_code'), ')R.'), FORBIDDEN],
  ['torch', join(proto(4), stackGlobal('torch', 'load'), short('x'), '\x85R.'), FORBIDDEN],
  ['a module that no file is found for', join(proto(4), stackGlobal('helpers', 'Scaler'), ')\x81.'), 'user-class-not-found'],
  ['a class of __main__ that no file defines', join(proto(4), stackGlobal('__main__', 'Scaler'), ')\x81.'), 'user-class-not-found'],
  ['a codec, which is a lookup of code', join(proto(2), global('_codecs', 'encode'), text('x'), text('rot13'), '\x86R.'), 'forbidden-call'],
  // Names that walk.
  ['attributes of a module of scikit-learn', join(proto(4), stackGlobal('sklearn', 'os.system'), short('id'), '\x85R.'), FORBIDDEN],
  ['attributes of a class', join(proto(4), stackGlobal('sklearn.base', 'BaseEstimator.__init__.__globals__'), '.'), FORBIDDEN],
  ['attributes by GLOBAL', join(proto(4), global('numpy', 'testing.os.system'), ')R.'), FORBIDDEN],
  ['a module named by a path', join(proto(4), stackGlobal('../evil', 'X'), ')R.'), FORBIDDEN],
  ['an empty module', join(proto(4), stackGlobal('', 'system'), ')R.'), FORBIDDEN],
  ['letters that look like others', join(proto(4), stackGlobal('sklеarn.base', 'BaseEstimator'), ')\x81.'), 'user-class-not-found'],
  ['a carriage return behind a name', join('cos\nsystem\r\n)R.'), FORBIDDEN],
  ['a name with a null', join(proto(4), stackGlobal('os\0', 'system'), ')R.'), FORBIDDEN],
  ['a name that is not UTF-8', join(proto(2), 'c\xff\nsystem\n.'), 'unreadable-global'],
  // Names that are put together.
  ['names from the memo', join(proto(4), short('os'), '\x94', short('system'), '\x940', '0h\x00h\x01\x93', short('id'), '\x85R.'), FORBIDDEN],
  ['a name in the memo, overwritten', join(proto(4), short('numpy'), 'q\x00', short('os'), 'q\x000', '0h\x00', short('system'), '\x93.'), FORBIDDEN],
  ['escapes in a STRING', join(proto(4), "S'\\x6fs'\n", "S'\\163ystem'\n", '\x93.'), FORBIDDEN],
  ['escapes in a UNICODE', join(proto(4), 'V\\u006fs\n', 'V\\U00000073ystem\n', '\x93.'), FORBIDDEN],
  ['a byte string as a name', join(proto(4), 'U\x02os', 'U\x06system', '\x93.'), FORBIDDEN],
  ['a name that a call makes', join(proto(4), global('numpy', 'dtype'), short('os'), '\x85R', short('system'), '\x93.'), 'undetermined'],
  ['a name too long to keep', join(proto(4), 'X', u32(70_000), 'a'.repeat(70_000), short('system'), '\x93.'), 'undetermined'],
  ['a name from an unknown memo slot', join(proto(4), 'h\x07', short('system'), '\x93.'), 'undetermined'],
  ['a memo slot, overwritten when no more texts are kept', join(proto(4), short('numpy'), '\x940', FLOOD, short('os'), 'q\x000', FLOOD.subarray(0, FLOOD.length / 2_000), 'h\x00', short('system'), '\x93.'), 'undetermined'],
  ['MEMOIZE after a PUT out of order', join(proto(4), short('numpy'), 'q\x05', short('os'), '\x940', '0h\x01', short('system'), '\x93.'), 'memo-trick'],
  ['a memo slot written with an underscore', join(proto(2), 'I1\np1_0\ng10\n.'), 'memo-trick'],
  ['a ufunc looked up by name', join(proto(2), global('numpy.core', '_ufunc_reconstruct'), text('os'), text('system'), '\x86R', text('id'), '\x85R.'), FORBIDDEN],
  // Calls and changes of what is not there to be called or changed.
  ['a call of what a call returned', join(proto(4), global('functools', 'partial'), global('builtins', 'len'), '\x85R', ')R.'), 'computed-call'],
  ['a call of a number', join(proto(4), 'K\x01)R.'), 'computed-call'],
  ['a call of a function that models only refer to', join(proto(4), global('numpy', 'mean'), '](\x85R.'.replace('(', '')), 'forbidden-call'],
  ['a class that is changed', join(proto(4), global('sklearn.base', 'BaseEstimator'), 'N}', short('predict'), global('numpy', 'mean'), 's\x86b.'), 'class-changed'],
  ['state for something unknown', join(proto(4), 'h\x07}b.'), 'undetermined'],
  ['arguments that are no tuple', join(proto(4), global('collections', 'OrderedDict'), ']R.'), 'undetermined'],
  ['a persistent id', join("I1\n0Pid\n."), 'persistent-id'],
  ['a persistent id of the stack', join(proto(2), 'K\x01Q.'), 'persistent-id'],
  ['an extension code', join(proto(2), '\x82\x01)R.'), 'extension-code'],
  ['an extension code of four bytes', join(proto(2), '\x84\x01\0\0\0)R.'), 'extension-code'],
  ['a buffer that is not in the file', join(proto(5), '\x97.'), 'out-of-band-buffer'],
  // Arrays with something behind them or in them.
  ['a payload behind an array', join(proto(4), wrapper(U1, 'K\x04\x85'), 'abcd', '0', `${SYSTEM}.`), FORBIDDEN],
  ['a payload that looks like the array', join(proto(4), wrapper(U1, 'K\x00\x85'), `0${SYSTEM}.`), FORBIDDEN],
  ['a payload in an object array', join(proto(4), wrapper(dtype('O8', { flags: 63 }), 'K\x01\x85'), proto(4), stackGlobal('os', 'system'), ')R..', '.'), FORBIDDEN],
  ['an object array that is none', join(proto(4), wrapper(dtype('O8', { flags: 63 }), 'K\x01\x85'), proto(4), 'N.', '.'), 'undetermined'],
  ['an array type that lies about objects', join(proto(4), wrapper(dtype('u1', { flags: 63 }), 'K\x01\x85'), OBJECTS, '.'), 'undetermined'],
  ['an array type that lies about its size', join(proto(4), wrapper(dtype('V4', { size: 400 }), 'K\x01\x85'), 'abcd.'), 'undetermined'],
  ['an array of a length that a call makes', join(proto(4), wrapper(U1, join(global('builtins', 'complex'), 'K\x04\x85R\x85')), 'abcd.'), 'undetermined'],
  ['an array of negative length', join(proto(4), wrapper(U1, 'J\xfc\xff\xff\xff\x85'), '.'), 'undetermined'],
  ['an array longer than can be', join(proto(4), wrapper(U1, join('\x8a\x07', Buffer.alloc(6, 0xff), '\x01', '\x8a\x07', Buffer.alloc(6, 0xff), '\x01\x86')), '.'), 'bad-length'],
  ['an array whose frame goes on', join(proto(4), frame(join(wrapper(U1, 'K\x04\x85'), 'abcd.'))), 'frame-mismatch'],
  ['an array wrapper made by a call', join(proto(4), global('joblib.numpy_pickle', 'NumpyArrayWrapper'), ')R}b.'), 'undetermined'],
  ['an array wrapper passed through a function', join(proto(4), global('sklearn.neighbors._kd_tree', 'newObj'), global('joblib.numpy_pickle', 'NumpyArrayWrapper'), '\x85R}b.'), 'undetermined'],
  ['an array that is built twice, and keeps what the first state said', join(proto(4), BUILT_ONCE, '0h\x00', BUILT_AGAIN, 'a'.repeat(20), '.'), 'undetermined'],
  ['arrays in files of their own (joblib 0.9)', join(proto(2), global('joblib.numpy_pickle', 'NDArrayWrapper'), ')\x81}b.'), FORBIDDEN],
  // Bytes where none should be.
  ['a second pickle behind the first', join(proto(4), 'N.', `${SYSTEM}.`), 'trailing-data'],
  ['a frame that is longer than its pickle', join(proto(4), frame(join('N.'), 20), 'x'.repeat(18)), 'frame-mismatch'],
  ['a frame inside a frame', join(proto(4), frame(join('N', frame(join('0N.'))))), 'frame-mismatch'],
  ['a frame that cuts an opcode', join(proto(4), frame(join('K\x01.'), 1)), 'frame-mismatch'],
  ['a length of many exabytes', join(proto(4), '\x8e', u64(2n ** 63n), 'abc.'), 'bad-length'],
  ['a length of two gigabytes that are not there', join(proto(4), '\x8e', u64(2 ** 31), 'abc.'), 'truncated'],
  ['a negative length', join(proto(2), 'T\xff\xff\xff\xff.'), 'bad-length'],
  ['the end before STOP', join(proto(4), global('numpy', 'dtype')), 'truncated'],
  ['an unknown protocol', join(proto(6), 'N.'), 'unknown-protocol'],
  ['an unknown opcode', join(proto(4), 'N\xff.'), 'unknown-opcode'],
  ['more taken from the stack than is there', join(proto(4), '(0\x85.'), 'stack-underflow'],
  // The same, compressed.
  ['os.system in zlib', deflate(join(proto(2), `${SYSTEM}.`)), FORBIDDEN],
  ['os.system in gzip', gzip(join(proto(2), `${SYSTEM}.`)), FORBIDDEN],
  ['os.system in the second member of a gzip file', join(gzip(join(proto(2), 'N0')), gzip(join(`${SYSTEM}.`))), FORBIDDEN],
  ['os.system in bz2', bz2(join(proto(2), `${SYSTEM}.`)), FORBIDDEN],
  ['os.system in xz', xz(join(proto(2), `${SYSTEM}.`)), FORBIDDEN],
  ['os.system in the second stream of an xz file', join(xz(join(proto(2), 'N0')), xz(join(`${SYSTEM}.`))), FORBIDDEN],
  ['os.system in lzma', lzma(join(proto(2), `${SYSTEM}.`)), FORBIDDEN],
  ['a payload behind a zlib stream', join(deflate(join(proto(2), 'N.')), `${SYSTEM}.`), 'trailing-data'],
  ['a payload behind an xz stream', join(xz(join(proto(2), 'N.')), `${SYSTEM}.`), 'trailing-data'],
  ['a payload behind a bz2 stream', join(bz2(join(proto(2), 'N.')), `${SYSTEM}.`), 'trailing-data'],
];
