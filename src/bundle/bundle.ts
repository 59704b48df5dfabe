import path from 'node:path';
import type { Context } from '../events.ts';
import type { ModelCard } from '../card.ts';
import type { Bundle, CompiledForm, Lock } from '../types.ts';
import { dependencyArtifact, type Supply } from './dependencies.ts';
import { functionPart, type Apart } from './function.ts';
import type { Caller } from './serving.ts';

export interface BundleInput {
  card: ModelCard;
  lock: Lock;
  /** Folder of the lock's own for what its wheels install; never changed once it is there. */
  dependencies: string;
  /** Where the wheels come from; without it the folder is there. */
  supply?: Supply;
  /** Of the function; part of settings.json. */
  name: string;
  /** What ships in place of the model file. */
  compiled?: CompiledForm | undefined;
  /** `lambda` leaves out the serving code that is for others; all of it goes by default. */
  caller?: Caller;
  /**
   * Leaves the model out of the function part, which then is the same for each model of the format: a worker fetches it when it
   * starts, or serves the one that it is pointed to.
   */
  apart?: Apart;
  /** Requests may name objects: what reads them ships. */
  data?: boolean;
  /** File with preprocess / postprocess. */
  hooks?: string;
  /** Folder on whose top the user's modules are imported from (`--code DIR`). */
  code?: string;
  /** Absolute paths of files and folders that the code reads. */
  include?: readonly string[] | undefined;
  /** Folder whose ignore files count where there is no git work tree; the code's own folder by default. */
  root?: string;
}

/**
 * The two parts of a package as lists of files. Nothing is copied yet; every file is read once, in small pieces.
 * The same inputs give the same digests on any machine.
 */
export async function bundle(ctx: Context, input: BundleInput): Promise<Bundle> {
  const { name, caller = 'http', ...request } = input;
  const dependencies = await dependencyArtifact(ctx, path.resolve(ctx.cwd, input.dependencies), input.supply);
  const { artifact, ...rest } = await functionPart(ctx, name, { ...request, caller });
  return { dependencies, function: artifact, ...rest };
}
