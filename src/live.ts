/** What is live, or was: releases, what is asked of them, and what they say. Plain data, as in types.ts. */
import type { ServedFormat } from './card.ts';
import type { Digest, LockSource, Engine, Proof } from './types.ts';

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
  /** Objects that requests may name. Absent: none. */
  data?: DataSettings;
}

/** Places are `s3://BUCKET/FOLDER/`, `gs://BUCKET/FOLDER/` or `file:///FOLDER/`; of the target alone. */
export interface DataSettings {
  /** Objects that may be read: those of these names, and below them. */
  read: string[];
  /** Where answers are written that are too large for one. */
  write?: string;
  /** What else may be read than what can do no harm. */
  formats?: 'joblib'[];
  /** Bucket -> URI of the folder that stands for it. */
  folders?: Record<string, string>;
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

/** Of a package that went as a container image. The digest of the release is over the base's, as this one is over compressed bytes. */
export interface ReleaseImage {
  /** Of the manifest, with its algorithm: `sha256:2cf2...`. */
  digest: string;
  /** Compressed, the base's layers included. */
  size: number;
  /** As it was asked for, and what it was then. */
  base: { name: string; digest: string };
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
  model: { file: string; size: number; digest: Digest; framework: string | null; format: 'pickle' | 'joblib' | ServedFormat | null };
  lock: { digest: Digest; python: string; source: LockSource };
  /** What it runs from; absent where the package went as zips. */
  image?: ReleaseImage;
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
  format: 'pickle' | 'joblib' | ServedFormat;
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
