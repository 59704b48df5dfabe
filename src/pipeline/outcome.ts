import type { Target } from '../providers/index.ts';
import type { Step } from '../providers/provider.ts';
import type { Live, Verification } from '../live.ts';
import type { Bundle } from '../types.ts';

/** Which function, and whether anything may be changed. */
export interface FunctionRequest {
  name: string;
  target: string;
  targetConfig: unknown;
  dryRun: boolean;
}

export interface Outcome {
  name: string;
  target: string;
  /** `planned` under --dry-run: nothing was changed. */
  status: 'deployed' | 'rolled-back' | 'promoted' | 'removed' | 'warmed' | 'up-to-date' | 'planned';
  steps: Step[];
  url: string | null;
  /** The live release before and after. */
  before: number | null;
  live: number | null;
  canary: NonNullable<Live['canary']> | null;
  verification: Verification | null;
  findings: Bundle['findings'];
}

export function outcome(
  target: Target,
  request: { name: string },
  live: Live | null,
  steps: Step[],
  status: Outcome['status'],
  made?: Bundle,
): Outcome {
  return {
    name: request.name,
    target: target.provider.name,
    status,
    steps,
    url: live?.url ?? null,
    before: live?.live ?? null,
    live: live?.live ?? null,
    canary: live?.canary ?? null,
    verification: null,
    findings: made?.findings ?? [],
  };
}
