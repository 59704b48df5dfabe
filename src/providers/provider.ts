/**
 * The contract that every target fulfils. A provider is data and small functions, loaded with `import()` when used;
 * it knows types, errors, events and this file, and nothing of other providers. `test/contract/` runs the same suite
 * against each.
 */
import type { ZodType } from 'zod';
import type { Context } from '../events.ts';
import type { Answer, Call, Live, LogLine, ModelPointer, Release, RuntimeSettings, Sample, Verification } from '../live.ts';
import type { Artifact, Bundle, Digest, Finding, Lock, PackageForm, Part, PlatformRequest } from '../types.ts';

export interface Limits {
  /** Compressed bytes of the whole package, where it is sent as one archive. */
  zipBytes: number | null;
  /** Bytes of both parts. */
  unzippedBytes: number | null;
  /** Bytes of the function part, where it is sent by itself and may not be of any size. */
  functionBytes?: number;
  memoryMb: { min: number; max: number };
  timeoutSeconds: { min: number; max: number };
  requestBytes: number;
  responseBytes: number;
}

/** A release before it has a number, a time and a verification. */
export type ReleaseDraft = Omit<Release, 'number' | 'createdAt' | 'verification' | 'sample'>;

export type Want =
  /**
   * `canary`: percent of the traffic that the new release gets at first, 1 to 99; all of it when absent. `hasOther`: the package can
   * go in another form, too, so a function that is made of that keeps it.
   */
  | { kind: 'release'; draft: ReleaseDraft; canary?: number; hasOther?: boolean }
  /** Rollback and promote: this release gets all the traffic. */
  | { kind: 'live'; number: number }
  /** The releases as they are, kept warm as the configuration says. Only of targets whose configuration has `warm`. */
  | { kind: 'warm' }
  | { kind: 'absent' };

/** What is sent: parts of a package, a model beside it, or all of it as an image. */
export type Stored = Part | 'model' | 'image';

/** One step of a plan. Pure data: printed by --dry-run, applied by the one loop. */
export type Step =
  /** Something of the target's own that releases stand on: a bucket, a role, an endpoint. */
  | { kind: 'ensure'; resource: string; name: string; change: 'create' | 'update' | 'remove'; detail?: string }
  | { kind: 'store'; part: Stored; digest: Digest }
  /** Makes the release beside the live one; it gets no traffic. `expect` is the number if nobody else deploys meanwhile. */
  | { kind: 'publish'; draft: ReleaseDraft; expect: number }
  /** Provider-independent: done by `verify/` through `invoke` on the candidate. */
  | { kind: 'verify' }
  /**
   * The one atomic call. `number` null means the release published earlier in this plan; `percent` 1 to 99 leaves the rest
   * of the traffic with `from`.
   */
  | { kind: 'switch'; number: number | null; from: number | null; percent?: number }
  | { kind: 'prune'; keep: number }
  /** `also`: what else goes, as a person would name it. */
  | { kind: 'remove'; name: string; releases: number[]; also: string[] };

/** What the pipeline hands in and steps leave for the steps after them. */
export interface Done {
  name: string;
  /** Present when the plan publishes. */
  draft?: ReleaseDraft;
  /** Present when the plan publishes. */
  supplies?: Supplies;
  /** Set by `publish`. */
  candidate?: { number: number };
  /** Set by `verify`; `switch` records both with the release. */
  verification?: Verification;
  sample?: Sample | null;
}

/** What publishing needs and only the stages before can make. */
export interface Supplies {
  bundle: Bundle;
  lock: Lock;
  /** Lays an artifact down as a folder; the folder must not exist, and is whole once it does. */
  writeTree(artifact: Artifact, folder: string): Promise<void>;
  /** Writes an artifact as a zip below `prefix` (`python/` or nothing); the same artifact is the same bytes. */
  writeZip(artifact: Artifact, file: string, prefix: string): Promise<Zip>;
  /** Writes parts, each below its `prefix`, as one .tar.gz; the same parts are the same bytes. */
  writeArchive(parts: { artifact: Artifact; prefix: string }[], file: string): Promise<Zip>;
  /** The function part and a requirements.txt with the hash of every locked wheel, for a target that installs them itself. */
  source(): Artifact;
  /** Facts of this machine for targets that run on it; never part of a release's digest. */
  host(): Promise<Host>;
  /** Sends the image that the draft names, by the OCI distribution protocol; null where the package goes as zips. */
  pushImage: ((to: ImagePlace) => Promise<PushedImage>) | null;
}

/** Where an image goes, and as whom. */
export interface ImagePlace {
  /** Host and port. */
  registry: string;
  repository: string;
  /** Null: by its digest alone. */
  tag: string | null;
  login: RegistryLogin;
}

export interface PushedImage {
  /** Sent: what the registry had is not. */
  bytes: number;
}

/** What images a target runs. */
export interface ImageRules {
  /** Of all layers unpacked, the base's included; null where nothing says. */
  unpackedBytes: number | null;
  /** Layers may be compressed by zstd, those of a base and ours. */
  zstd: boolean;
}

export interface Host {
  interpreter: string;
  /** Folder with AWS's own runtime client, or null where it has no wheel. */
  runtimeClient: string | null;
}

export interface Zip {
  bytes: number;
  sha256: Digest;
}

/** A command line in parts, for any shell to quote. */
export interface Curl {
  url: string;
  /** Options and their values, a word each; `${NAME}` stands for a variable of the shell. */
  words: string[];
  /** What must have been done for it to work, one line. */
  note: string | null;
}

/** The way to a release, kept open for many calls. */
export interface Line {
  /** As it came, also where the door says no in the function's place. Rejects when there is no answer. */
  call(call: Call): Promise<Answer>;
  close(): void;
}

/** Models of a function that were sent after its releases. */
export interface ModelStore {
  /** Sends the file unless it is there. @returns bytes sent */
  send(model: { file: string; sha256: Digest; size: number }): Promise<number>;
  /** Null where the release serves its own model for ever. */
  read(number: number): Promise<{ pointer: ModelPointer; tag: string } | null>;
  /** False when another pointer than that of `tag` is there by now. */
  write(number: number, pointer: ModelPointer, tag: string): Promise<boolean>;
}

/** At a registry of images. */
export interface RegistryLogin {
  user: string;
  password: string;
}

export interface Provider<Config> {
  name: 'local' | 'aws' | 'gcp';
  configSchema: ZodType<Config>;
  /** Who calls the package where it runs: the serving code that is for others stays out. */
  caller: 'lambda' | 'http';
  limits(config: Config): Limits;
  /** What a package can be here, best first: `auto` takes the first that it fits. */
  forms(config: Config): readonly PackageForm[];
  /** There where `forms` has images. */
  images?: ImageRules;
  /** As who the cloud's credentials are, for who never ran `docker login`; null for hosts that are not its own, and without credentials. */
  registryLogin?(ctx: Context, host: string): Promise<RegistryLogin | null>;
  /** When a model is left out of the package, for a worker to fetch it as it starts. */
  modelApart(config: Config): 'never' | 'when-too-large' | 'always';
  /** The settings that change how a release behaves here: part of its digest. */
  settings: readonly (keyof RuntimeSettings)[];
  /** What of the target's own configuration is part of a release, and so of its digest; JSON. */
  targetSettings(config: Config, form: PackageForm): Record<string, unknown>;
  /** Throws for packages that cannot run here; asked before they are fetched. */
  accepts(config: Config, lock: Lock): void;
  /** What dependencies must be resolved for. */
  platform(config: Config): PlatformRequest;
  /**
   * Why the dependencies of this package go into the function's own zip, as the end of a line; null where they are a part of
   * their own. No I/O: `findings` is what `preflight` said, nothing where nobody asked. Absent: always a part of their own.
   */
  oneZip?(config: Config, bundle: Bundle, findings: Finding[]): string | null;
  /** Everything that would make a deploy fail, found before anything is made. */
  preflight(ctx: Context, config: Config, name?: string, form?: PackageForm): Promise<Finding[]>;
  /** Reads only; null when there is no such function. */
  observe(ctx: Context, config: Config, name: string): Promise<Live | null>;
  /** Every function of mlfn in the target. */
  list(ctx: Context, config: Config): Promise<Live[]>;
  /** Reads only: what a plan must know beyond the function itself, as JSON. `draft` is absent for a removal. May run beside `observe`. */
  survey(ctx: Context, config: Config, name: string, draft?: ReleaseDraft): Promise<unknown>;
  /** No I/O, no clock; `ground` is what `survey` said, null when only traffic moves. An empty plan means up to date. */
  plan(want: Want, live: Live | null, config: Config, ground: unknown): Step[];
  /** The only thing that mutates. Every step can be repeated after a kill. */
  apply(ctx: Context, config: Config, step: Step, done: Done): Promise<Done>;
  /** Nothing is left of a candidate that was taken back. */
  discardsWhole: boolean;
  /** Takes a candidate back after a failed verify: nothing of it is left but what the platform itself keeps. */
  discard(ctx: Context, config: Config, done: Done): Promise<void>;
  /** Takes away what killed commands left half made, of any function; what a running one uses stays. */
  sweep(ctx: Context, config: Config): Promise<void>;
  /** `release` null calls the live one, through the endpoint as a client would. */
  invoke(ctx: Context, config: Config, name: string, release: number | null, call: Call): Promise<Answer>;
  /**
   * For many calls of what `invoke` calls: the control plane is asked once, connections are kept, and nothing is tried again
   * or looked up for the user's sake.
   */
  line(ctx: Context, config: Config, name: string, release: number | null): Promise<Line>;
  /** One call that a worker answers which is started for it alone. Absent where only the platform starts workers. */
  cold?(ctx: Context, config: Config, name: string, release: number, call: Call): Promise<Answer>;
  /** The live release, or a given one, past the endpoint: the payload is the event. Absent where there is no such way. */
  direct?(ctx: Context, config: Config, name: string, release: number | null, payload: Uint8Array): Promise<Answer>;
  /** The answer with what the platform wrote down about the call, as far as it can be found. Absent where nothing is. */
  report?(ctx: Context, config: Config, name: string, answer: Answer): Promise<Answer>;
  /** What curl needs to get in; absent where a URL is enough. */
  curl?(ctx: Context, config: Config, url: string): Promise<Curl>;
  /** What a release has lately failed with, oldest first. Absent where `logs` is as quick. */
  lastErrors?(ctx: Context, config: Config, name: string, release: number): Promise<LogLine[]>;
  /** Absent where no release can be given another model. */
  models?(ctx: Context, config: Config, name: string): Promise<ModelStore>;
  logs(ctx: Context, config: Config, name: string, options: { follow: boolean; lines: number }): AsyncIterable<LogLine>;
}
