/** The kinds of model file there are, told apart by their first bytes and never by the file's name. */
import type { Compression } from './decompress/index.ts';

export const HEAD_BYTES = 512;

/** Files of frameworks that are not read yet. A format that becomes readable gets a file of its own and leaves this list. */
interface OtherFormat {
  name: string;
  recognise(head: Buffer): boolean;
  hint: string;
}

const starts =
  (...magic: readonly number[]) =>
  (head: Buffer): boolean => head.subarray(0, magic.length).equals(Buffer.from(magic));
const startsWith =
  (text: string, at = 0) =>
  (head: Buffer): boolean => head.toString('latin1', at, at + text.length) === text;
const holds =
  (...texts: string[]) =>
  (head: Buffer): boolean => texts.every((text) => head.includes(text, 0, 'latin1'));

const RESAVE = 'Wrap the model in an estimator with a scikit-learn interface and save that with joblib.dump.';

const OTHER_FORMATS: readonly OtherFormat[] = [
  // `SavedModel`: saved_model_schema_version 1, then its graphs.
  { name: 'the graph of a TensorFlow SavedModel', recognise: starts(0x08, 0x01, 0x12), hint: 'Give the folder that it is in.' },
  { name: 'the description of an MLflow model', recognise: (head) => /^(artifact_path|flavors|auth_policy|databricks_runtime):/m.test(head.toString('latin1')), hint: 'Give the folder that it is in.' },
  { name: 'a NumPy archive (.npz)', recognise: (head) => startsWith('PK\x03\x04')(head) && holds('.npy')(head), hint: RESAVE },
  { name: 'a zip archive', recognise: startsWith('PK\x03\x04'), hint: 'Unpack it and give the model file inside.' },
  { name: 'a tar archive', recognise: startsWith('ustar', 257), hint: 'Unpack it and give the model file inside.' },
  { name: 'a pointer of Git LFS, not the file itself', recognise: startsWith('version https://git-lfs'), hint: 'Fetch the file with git lfs pull.' },
  { name: 'a web page', recognise: (head) => /^\s*<(!doctype html|html)/i.test(head.toString('latin1')), hint: 'Download the model file again: this is the page about it, or an error.' },
  { name: 'a NumPy array (.npy)', recognise: starts(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59), hint: 'Give the file of a fitted model.' },
  { name: 'an XGBoost model (binary)', recognise: startsWith('binf'), hint: 'Save the XGBClassifier or XGBRegressor itself with joblib.dump.' },
  { name: 'a TensorFlow Lite model', recognise: startsWith('TFL3', 4), hint: RESAVE },
  { name: 'a GGUF model', recognise: startsWith('GGUF'), hint: RESAVE },
  { name: 'a joblib file that is compressed with LZ4', recognise: starts(0x04, 0x22, 0x4d, 0x18), hint: "Dump it again with joblib.dump(model, path, compress=('zlib', 3))." },
  { name: 'a joblib file of before joblib 0.10', recognise: startsWith('ZF'), hint: 'Load it with the joblib that wrote it and dump it with one of today.' },
  { name: 'a file compressed with Zstandard', recognise: starts(0x28, 0xb5, 0x2f, 0xfd), hint: 'Decompress it first.' },
  // PNG, JPEG, GIF, PDF: the first begins as a pickle could.
  { name: 'an image or a PDF', recognise: (head) => starts(0x89, 0x50, 0x4e, 0x47)(head) || starts(0xff, 0xd8, 0xff)(head) || /^(GIF8|%PDF)/.test(head.toString('latin1', 0, 4)), hint: 'Give the file of a fitted model.' },
  { name: 'an R object', recognise: (head) => /^(RDX[23]|X\n\0)/.test(head.toString('latin1', 0, 5)), hint: RESAVE },
  { name: 'a Parquet file', recognise: startsWith('PAR1'), hint: 'Give the file of a fitted model.' },
  { name: 'an XML document (PMML?)', recognise: startsWith('<?xml'), hint: RESAVE },
  { name: 'JSON', recognise: (head) => /^\s*[{[]\s*["\]}]/.test(head.toString('latin1')), hint: 'Give the file of a fitted model.' },
  { name: 'Python source', recognise: looksLikePython, hint: 'Name what to deploy in it: FILE.py:function.' },
];

/** The kind of file this is instead of a pickle; null when it may be one. */
export function otherFormat(head: Buffer): OtherFormat | null {
  // PROTO opens every pickle of protocol 2 and newer.
  if (head[0] === 0x80) return null;
  return OTHER_FORMATS.find(({ recognise }) => recognise(head)) ?? null;
}

export const isZip = startsWith('PK\x03\x04');

/** PROTO 4 or 5 and a FRAME: what Python writes by default since 3.8, and no other format begins so. */
export function isFramedPickle(head: Buffer): boolean {
  return head[0] === 0x80 && (head[1] === 4 || head[1] === 5) && head[2] === 0x95;
}

/** Magic numbers as joblib tells its own files apart (`joblib.compressor`). A raw pickle starts with none of them. */
export function compressionOf(head: Buffer): Compression {
  if (starts(0x1f, 0x8b)(head)) return 'gzip';
  if (startsWith('BZ')(head)) return 'bz2';
  if (starts(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00)(head)) return 'xz';
  if (starts(0x5d, 0x00)(head)) return 'lzma';
  if (head[0] === 0x78 && head.length > 1 && head.readUInt16BE(0) % 31 === 0) return 'zlib';
  return 'none';
}

function looksLikePython(head: Buffer): boolean {
  // Comments may open Python and much else: what comes after them decides.
  return /^#!.*python|^(?:#.*\n|\s)*(?:"""|'''|from \w+|import \w+|def \w+\(|class \w+)/.test(head.toString('latin1'));
}
