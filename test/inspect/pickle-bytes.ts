/** Writes pickles opcode by opcode, as someone who means harm would. */
const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');

export const proto = (version: number): Buffer => Buffer.of(0x80, version);
export const global = (module: string, name: string): Buffer => Buffer.from(`c${module}\n${name}\n`);
export const short = (text: string): Buffer => Buffer.concat([Buffer.of(0x8c, Buffer.byteLength(text)), Buffer.from(text)]);
export const stackGlobal = (module: string, name: string): Buffer => Buffer.concat([short(module), short(name), Buffer.of(0x93)]);
export const ops = (text: string): Buffer => latin1(text);

export function u64(value: number | bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

export const frame = (body: Buffer, declared = body.length): Buffer => Buffer.concat([Buffer.of(0x95), u64(declared), body]);
export const join = (...parts: (Buffer | string)[]): Buffer => Buffer.concat(parts.map((part) => (typeof part === 'string' ? latin1(part) : part)));

/** `os.system('id')` in protocol 0. */
export const SYSTEM = "cos\nsystem\n(S'id'\ntR";

/** joblib's array wrapper with its state, up to and with the BUILD: `type` and `shape` are opcodes that push them. */
export function wrapper(type: Buffer, shape: Buffer | string, more: Buffer | string = ''): Buffer {
  return join(
    global('joblib.numpy_pickle', 'NumpyArrayWrapper'), ')\x81}(',
    short('subclass'), global('numpy', 'ndarray'), short('shape'), shape, short('order'), short('C'), short('dtype'), type, short('allow_mmap'), '\x89', more, 'ub',
  );
}

/** An array of NumPy's that waits for its state. */
export const ARRAY = join(stackGlobal('numpy.core.multiarray', '_reconstruct'), global('numpy', 'ndarray'), 'K\x00\x85C\x01b\x87R');

/** numpy.dtype(name) with the state that NumPy writes for it. */
export function dtype(name: string, { order = '|', flags = { O: 63, U: 8 }[name[0]!] ?? 0, size = -1 } = {}): Buffer {
  return join(global('numpy', 'dtype'), short(name), '\x89\x88\x87R(K\x03', short(order), 'NNNJ', i32(size), 'J', i32({ S: 1, U: 4, V: 1 }[name[0]!] ?? -1), 'K', Buffer.of(flags), 'tb');
}

function i32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}
