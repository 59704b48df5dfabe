/** What holds for a function as a whole, whichever of its releases is live. */
import { TAG } from '../names.ts';
import type { Session } from '../session.ts';
import { getFunction } from '../versions.ts';
import { WARM_TAG } from './marks.ts';
import { readProvisioned, type Provisioned } from './provisioned.ts';
import { observeSchedule } from './warm.ts';

/** A function that mlfn did not make: what is replaced when it is taken over. */
export interface Foreign {
  runtime: string;
  handler: string;
  role: string;
  variables: string[];
}

export interface FunctionState {
  /** Made of images, and for ever so; else of zips. */
  image: boolean;
  tags: Record<string, string>;
  reserved: number | null;
  /** Of the alias. Asked for only when a setting is about it; null where there is none. */
  provisioned: Provisioned | null;
  /** Minutes between calls of the schedule. Asked for only when the configuration or a tag names one; null where there is none. */
  warm: number | null;
  /** Null for a function of mlfn. */
  foreign: Foreign | null;
}

/** Null when there is no function. */
export async function observeFunction(session: Session, name: string): Promise<FunctionState | null> {
  const { provisionedConcurrency, snapstart, warm } = session.config;
  const [found, provisioned] = await Promise.all([
    getFunction(session, name),
    provisionedConcurrency === undefined && !snapstart ? null : readProvisioned(session, name),
  ]);
  if (found === null) return null;
  const { Tags: tags = {}, Concurrency, Configuration } = found;
  const foreign = {
    runtime: Configuration?.Runtime ?? '',
    handler: Configuration?.Handler ?? '',
    role: Configuration?.Role ?? '',
    variables: Object.keys(Configuration?.Environment?.Variables ?? {}).sort(),
  };
  return {
    image: Configuration?.PackageType === 'Image',
    tags,
    reserved: Concurrency?.ReservedConcurrentExecutions ?? null,
    provisioned,
    warm: warm === undefined && tags[WARM_TAG] === undefined ? null : await observeSchedule(session, name),
    foreign: tags[TAG] === undefined ? foreign : null,
  };
}
