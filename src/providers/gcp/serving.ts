/** How the serving code is started, and what it needs beside what is served. */
import type { PlatformRequest, TargetNeed } from '../../types.ts';
import type { GcpConfig } from './config.ts';
import { dataVariables } from '../data.ts';
import { modelVariables } from '../models.ts';
import { RELEASE_VARIABLE } from './names.ts';
import type { Wanted } from './candidate.ts';
import type { Session } from './session.ts';
import { settingsOf } from './settings.ts';

/** Mode `run`: templates/python/main.py, run as it is. PORT says where it has to listen. */
export const COMMAND = ['python3', 'main.py'] as const;
/** Mode `function`: what the functions framework calls in main.py. */
export const ENTRY_POINT = 'handler';
/** Where main.py looks for the packages of an archive that nobody installs. */
export const PACKAGES_FOLDER = 'dependencies/';

const SERVERS: Record<GcpConfig['mode'], TargetNeed> = {
  run: { name: 'waitress', version: '3.0.2', accepts: '>=3,<4' },
  image: { name: 'waitress', version: '3.0.2', accepts: '>=3,<4' },
  // Named, it is locked with a hash like the rest; left out, Google's buildpack would take the newest.
  function: { name: 'functions-framework', version: '3.10.2', accepts: '>=3.5,<4' },
};

/** Debian and Ubuntu under the runtimes' images: cloud.google.com/run/docs/configuring/services/runtime-base-images */
export function platformFor({ mode }: Pick<GcpConfig, 'mode'>): PlatformRequest {
  return {
    platform: { os: 'linux', arch: 'x86_64', glibc: '2.35' },
    pythons: ['3.12', '3.13', '3.14', '3.11', '3.10'],
    requires: [SERVERS[mode]],
    installs: mode === 'function',
  };
}

/**
 * Variables of an instance. Log entries belong to their request only by a trace that names the project, which no instance is
 * told: cloud.google.com/run/docs/samples/cloudrun-manual-logging. Google's clients read the same variable.
 */
export function variablesFor({ project }: Pick<Session, 'project'>, { number, draft, models }: Pick<Wanted, 'number' | 'draft' | 'models'>): Record<string, string> {
  const { mode, cpu } = settingsOf(draft);
  const { concurrency } = draft.settings;
  // Without the second, the serving code would look how many CPUs the machine below has.
  const served: Record<string, string> =
    mode !== 'function' ? { MLFN_THREADS: String(concurrency), MLFN_PROCESSES: String(Math.max(1, Math.floor(cpu))) } : { THREADS: String(concurrency) };
  return {
    GOOGLE_CLOUD_PROJECT: project,
    ...served,
    ...draft.settings.env,
    ...modelVariables(models, draft, number),
    ...dataVariables(draft.settings),
    [RELEASE_VARIABLE]: String(number),
  };
}
