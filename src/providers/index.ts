/** Providers by name, loaded when used: a local command never pays for a cloud's SDK. */
import { MlfnError } from '../errors.ts';
import type { Provider } from './provider.ts';

const LOADERS = {
  local: async () => (await import('./local/index.ts')).provider as Provider<unknown>,
};

export type TargetName = keyof typeof LOADERS;
export const TARGETS = Object.keys(LOADERS) as TargetName[];

/** A provider with its own validated section of the configuration. */
export interface Target {
  provider: Provider<unknown>;
  config: unknown;
}

export async function openTarget(name: string, section: unknown): Promise<Target> {
  const load = LOADERS[name as TargetName];
  if (load === undefined) {
    throw new MlfnError('TARGET_UNKNOWN', `There is no target ${JSON.stringify(name)}.`, {
      hint: `Use --target with one of: ${TARGETS.join(', ')}.`,
    });
  }
  const provider = await load();
  return { provider, config: provider.configSchema.parse(section ?? {}) };
}
