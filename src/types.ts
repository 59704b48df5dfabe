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

/** What the serving code opens a model by; `plain` is every compiled form. */
export type ModelFormat = 'pickle' | 'joblib' | 'plain';

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
  why: string;
  /** Absolute; in the cache, never changed. */
  file: string;
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

/** A package part as a list of files; rendered as a zip for a cloud, as a folder for the local target. */
export interface Artifact {
  part: Part;
  /** Sorted by path (byte order). */
  entries: Entry[];
  /** SHA-256 over the sorted (path, mode, sha256) rows. */
  digest: Digest;
  /** Unzipped bytes. */
  size: number;
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

/** What of the configuration changes how a release behaves: part of its digest. */
export interface RuntimeSettings {
  /** MB, whole. */
  memory: number;
  /** Seconds. */
  timeout: number;
  /** Requests answered side by side: one worker each. */
  concurrency: number;
  /** Seconds without a call after which a worker ends. */
  idle: number;
  env: Record<string, string>;
  /** Seconds after which a worker looks whether it is to serve another model; 0: only when it is told to. Absent: never. */
  reload?: number;
}

// ---- release ------------------------------------------------------------------------------------------------------

export interface Sample {
  /** What was asked; of a `wsgi` app a request says its own method and path. */
  kind: 'model' | 'function' | 'wsgi';
  /** The request bodies, as JSON values: the payload itself, in each shape that is sent. */
  requests: unknown[];
  /** The answers that the model itself gave to them. */
  answers: unknown[];
}

export interface Verification {
  /** `sample`: answers compared with the model's own. `health`: it loaded and said it is well, no more. */
  method: 'sample' | 'health';
  /** Requests compared; 0 for `health`. */
  compared: number;
  /** Largest absolute difference between two numbers; null when none were compared. */
  largestDifference: number | null;
  coldMs: number | null;
  warmMs: number | null;
}

/** Immutable once written, numbered from 1. */
export interface Release {
  schema: 1;
  function: string;
  number: number;
  /** SHA-256 over both artifacts' digests, python and the runtime settings. */
  digest: Digest;
  /** `model` where it is not in the function part. */
  artifacts: { dependencies: Digest; function: Digest; model?: Digest };
  /** Of the same parts, unzipped. */
  sizes: { dependencies: number; function: number; model?: number };
  /** `format` is null for Python code. */
  model: { file: string; size: number; digest: Digest; framework: string | null; format: 'pickle' | 'joblib' | null };
  lock: { digest: Digest; python: string; source: LockSource };
  engine: Engine;
  /** Of the compiled form. */
  proof?: Proof;
  settings: RuntimeSettings;
  /** Of the target alone: architecture, network, references of secrets. */
  targetSettings: Record<string, unknown>;
  /** ISO 8601, UTC. */
  createdAt: string;
  by: string;
  commit: string | null;
  sample: Sample | null;
  verification: Verification;
}

export interface PointedModel {
  sha256: Digest;
  size: number;
  file: string;
  format: 'pickle' | 'joblib';
  /** ISO 8601, UTC. */
  at: string;
  by: string;
}

/** The model that a release is to serve: the release's own at first. */
export interface ModelPointer extends PointedModel {
  schema: 1;
  /** Named by whoever has a worker look at once. */
  nonce: string;
  /** Answers who names the nonce, and nobody else, until it was checked. */
  next: PointedModel | null;
  /** What was served before. */
  before: PointedModel | null;
}

/** What a target says about one function. */
export interface Live {
  name: string;
  target: string;
  url: string;
  /** Number of the release that gets the traffic; null before the first switch. */
  live: number | null;
  /** A release that gets a share of the traffic beside the live one; `percent` 1 to 99. */
  canary?: { number: number; percent: number };
  /** What holds for it beside its releases, as a person would say it. */
  notes?: string[];
  /** Newest last. Only verified releases. */
  releases: Release[];
  /** Made but not verified: another deploy's that runs now, or left by one that was killed. */
  candidates?: { number: number; digest: Digest; abandoned: boolean }[];
  /** Somebody's hand left halves of releases that cannot be used any more: a deploy prunes them. */
  untidy?: true;
}

// ---- invoke, logs -------------------------------------------------------------------------------------------------

export interface Call {
  method: string;
  /** Path and query below the endpoint's root: `/`, `/v2/models/heart/infer`. */
  path: string;
  headers: Record<string, string>;
  body: Uint8Array | null;
}

export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: Uint8Array;
  /** Round trip as seen by this process. */
  durationMs: number;
  /** Time inside the handler, as the target reports it. */
  handlerMs: number | null;
  /** Start of a worker that this call had to wait for; null when warm. */
  coldMs: number | null;
  release: number | null;
  /** What the platform would bill for, where it says so. Milliseconds and MB. */
  billed?: { durationMs: number; memoryMb: number; maxMemoryMb: number | null };
  /** What the target calls this call in its logs. */
  requestId?: string;
  /** The function raised this instead of answering. */
  failure?: Failure;
}

export interface Failure {
  /** `ZeroDivisionError` */
  type: string;
  message: string;
  /** `app.py:12`: the innermost line of the user's own code. */
  where: string | null;
}

export interface LogLine {
  /** ISO 8601, UTC. */
  time: string;
  release: number | null;
  /** Names the worker process and the call, where the target tells them. */
  worker?: string | null;
  requestId?: string | null;
  stream: 'stdout' | 'stderr' | 'platform';
  text: string;
}
