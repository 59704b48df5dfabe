/** Which function a command means, and where it is. */
import { MlfnError } from '../errors.ts';
import type { Flags } from '../config/index.ts';
import type { Context } from '../events.ts';
import type { Target } from '../providers/index.ts';

export interface Chosen {
  name: string;
  target: string;
  targetConfig: unknown;
}

/** By name; else the one of mlfn.yaml; else the only one that is deployed. @throws CLI_NO_FUNCTION, CONFIG_* */
export async function chooseFunction(
  ctx: Context,
  given: { name: string | undefined } & Pick<Flags, 'target' | 'region' | 'project' | 'profile' | 'bucket' | 'warm'>,
): Promise<Chosen> {
  const { loadConfig } = await import('../config/index.ts');
  const { target, targetConfig, name } = await loadConfig(ctx, given);
  if (name !== null) return { name, target, targetConfig };
  const opened = await open(target, targetConfig);
  const names = (await opened.provider.list(ctx, opened.config)).map((live) => live.name);
  const [only] = names;
  if (only !== undefined && names.length === 1) return { name: only, target, targetConfig };
  if (only === undefined) {
    throw new MlfnError('CLI_NO_FUNCTION', `Nothing is deployed on ${target}.`, {
      hint: 'Deploy a model first: mlfn deploy model.joblib.',
    });
  }
  throw new MlfnError('CLI_NO_FUNCTION', 'Several functions are deployed, and none was named.', {
    hint: `Name one of: ${names.join(', ')}.`,
    details: { functions: names },
  });
}

export async function open(target: string, targetConfig: unknown): Promise<Target> {
  const { openTarget } = await import('../providers/index.ts');
  return openTarget(target, targetConfig);
}
