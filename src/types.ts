/**
 * The values that pass from stage to stage. Plain data: every one of them survives JSON.stringify, except the byte
 * sources of an artifact.
 */

export type Severity = 'info' | 'warning' | 'error';

export interface Finding {
  severity: Severity;
  /** Stable, kebab-case: `forbidden-global`, `trailing-data`, `secret-left-out`. */
  code: string;
  message: string;
  hint?: string;
  /** Byte offset in the (decompressed) pickle stream. */
  offset?: number;
}

/** Sizes are bytes and times milliseconds wherever a name does not say otherwise. */
export type Digest = string; // lower-case hex SHA-256

// ---- resolve ------------------------------------------------------------------------------------------------------

/** What the wheels must run on. `glibc` is null where there is none (macOS, Windows). */
export interface Platform {
  os: 'linux' | 'macos' | 'windows';
  arch: 'x86_64' | 'aarch64';
  glibc: string | null;
}

/** `this-machine` for the local target; a cloud target names its own platform. */
export interface PlatformRequest {
  platform: Platform | 'this-machine';
  /** Python versions the target can run, best first (`['3.12', '3.13', ...]`). */
  pythons: string[];
  /** What the target itself needs in the package, beside what is served: its server. */
  requires?: TargetNeed[];
  /** The target installs the lock itself, and refuses one that lacks what a package asks for. */
  installs?: boolean;
}

export interface TargetNeed {
  /** As the index spells it. */
  name: string;
  /** Taken where the user's requirements leave it open. */
  version: string;
  /** What else works, should they name one: `>=3.5,<4`. */
  accepts: string;
  /** Without what it asks for in turn, unless the target insists. */
  alone?: boolean;
}

export interface LockedPackage {
  name: string;
  version: string;
  /** Wheel file name. */
  wheel: string;
  sha256: Digest;
  /** Bytes of the wheel, where the index told it. */
  size: number | null;
  /** There only because the target needs it: not part of what the model is asked with on this machine. */
  forTarget?: true;
  /** Where the requirements name the wheel itself; without credentials. */
  url?: string;
  /** It lies on this machine. */
  local?: true;
}

export type LockSource = 'lockfile' | 'requirements' | 'environment' | 'model-date';

export interface Lock {
  /** `3.12`: the minor version that the wheels are for. */
  python: string;
  platform: Platform;
  packages: LockedPackage[];
  /** PEP 751 text. */
  pylock: string;
  /** The indexes that the project itself names, as options of pip, without credentials. */
  indexes?: string[];
  /** SHA-256 over python, platform and the sorted (name, version, sha256) rows; no path or time goes into it. */
  digest: Digest;
  source: LockSource;
  /** One line saying where the versions came from, e.g. `pinned by requirements.txt`. */
  sourceDetail: string;
  /** True when it was made from a warm cache with no network. */
  offline: boolean;
  /**
   * Interpreter on this machine for child processes, outside any virtual environment; not part of the digest. Of the same
   * minor version where this machine has one, else (for a cloud) the nearest.
   */
  interpreter: string;
}

// ---- compile ------------------------------------------------------------------------------------------------------

/**
 * `plain`: the standard library over numbers. `onnx`: the same, with graphs in it that onnxruntime evaluates. `native`: the model's
 * own libraries.
 */
export type Engine = 'plain' | 'onnx' | 'native';

/** What the serving code opens a model by; `plain` is every form that was compiled to parameters. */
export type ModelFormat = 'pickle' | 'joblib' | 'plain' | 'onnx' | 'xgboost-json' | 'xgboost-ubj' | 'lightgbm' | 'catboost' | 'skops' | NetworkFormat;
/** Those that become ONNX where that is proved equal. */
export type NetworkFormat = 'keras' | 'keras-h5' | 'saved-model' | 'torchscript' | 'torch-exported';

/** What a compiled form was held against the model itself with, before it was taken. */
export interface Proof {
  /** Requests that both were given. */
  probes: number;
  /** Of these, those that both refused. */
  refused: number;
  /** Those that the model was asked record by record, and not among others. */
  alone: number;
  /** Those that differ by no more than another order of the model's own additions would. */
  rounded: number;
  /** Those that there was no time for. */
  left: number;
  /** Relative, of two numbers at the same place. */
  largestDifference: number;
}

/** The form in which the model ships, and why. */
export type Form = NativeForm | CompiledForm;

export interface NativeForm {
  engine: 'native';
  /** A clause; null where nothing else was asked for. */
  why: string | null;
}

export interface CompiledForm {
  engine: 'plain' | 'onnx';
  /** `onnx`: the file is an ONNX model, and answers as such (mlfn_serve/tensors.py). */
  format: 'plain' | 'onnx';
  why: string;
  /** Absolute; in the cache, never changed. */
  file: string;
  /** What the file refers to: POSIX paths from its folder. */
  beside?: string[];
  sha256: Digest;
  size: number;
  /** Evaluators that it needs, by their names below mlfn_serve/plain. */
  modules: string[];
  proof: Proof;
}

// ---- bundle -------------------------------------------------------------------------------------------------------

/** The same bytes as a raw deflate stream (RFC 1951) inside another file: a wheel has them so. */
export interface Deflated {
  file: string;
  offset: number;
  /** Of the stream. */
  size: number;
  /** CRC-32 of the contents, as a zip wants it. */
  crc: number;
  /** CRC-32 of the stream itself. */
  check: number;
}

/** Where an entry's bytes come from. Files are streamed, linked or cloned, never read whole. */
export type ByteSource = { file: string; deflated?: Deflated } | { bytes: Uint8Array };

export interface Entry {
  /** POSIX path inside the package, no leading slash. */
  path: string;
  mode: 0o644 | 0o755;
  sha256: Digest;
  size: number;
  source: ByteSource;
}

export type Part = 'dependencies' | 'function';

/** How a package gets to where it runs. */
export type PackageForm = 'zip' | 'image';

/** A package part as a list of files; rendered as a zip for a cloud, as a folder for the local target. */
export interface Artifact {
  part: Part;
  /** Sorted by path (byte order). */
  entries: Entry[];
  /** SHA-256 over the sorted (path, mode, sha256) rows. */
  digest: Digest;
  /** Unzipped bytes. */
  size: number;
  /** Of each distribution, where somebody has added them up already. */
  weights?: Weight[];
}

/** What the files of a distribution weigh. */
export interface Weight {
  /** PEP 503 name; empty for files that no distribution has. */
  owner: string;
  files: number;
  unzippedBytes: number;
  /** As a zip would have them, from the kind of each file. */
  zippedBytes: number;
}

export interface Bundle {
  dependencies: Artifact;
  function: Artifact;
  /** The model, where it is too large for the package and is fetched when a worker starts; null when it is packed. */
  fetched: { file: string; sha256: Digest; size: number } | null;
  /** SHA-256 of the model file or the user's module. */
  modelDigest: Digest;
  /** Secrets and ignored files that were left out, size warnings. */
  findings: Finding[];
}

// ---- settings -----------------------------------------------------------------------------------------------------
