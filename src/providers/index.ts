/** Providers by name, loaded when used: a local command never pays for a cloud's SDK. */
import { MlfnError } from '../errors.ts';
import type { Context } from '../events.ts';
import type { Live } from '../live.ts';
import type { Provider, RegistryLogin } from './provider.ts';

const LOADERS = {
  local: async () => (await import('./local/index.ts')).provider as Provider<unknown>,
  aws: async () => (await import('./aws/index.ts')).provider as Provider<unknown>,
  gcp: async () => (await import('./gcp/index.ts')).provider as Provider<unknown>,
};

export type TargetName = keyof typeof LOADERS;
export const TARGETS = Object.keys(LOADERS) as TargetName[];

/** Hosts of clouds' own registries. */
const REGISTRIES: [RegExp, TargetName][] = [
  [/^[a-z0-9-]+-docker\./, 'gcp'],
  [/^\d{12}\.dkr\.ecr\b/, 'aws'],
];

/** Null for registries of nobody's, and without credentials. @throws what the cloud says of credentials that are no good */
export async function cloudLogin(ctx: Context, host: string): Promise<RegistryLogin | null> {
  const name = REGISTRIES.find(([hosts]) => hosts.test(host))?.[1];
  if (name === undefined) return null;
  const { registryLogin } = await LOADERS[name]();
  return registryLogin?.(ctx, host) ?? null;
}

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

/** What the target has of this name, or an error that says what there is instead. */
export async function observeKnown(ctx: Context, target: Target, name: string): Promise<Live> {
  const live = await target.provider.observe(ctx, target.config, name);
  if (live !== null) return live;
  const known = (await target.provider.list(ctx, target.config)).map((each) => each.name);
  throw new MlfnError('FUNCTION_UNKNOWN', `Nothing is deployed as ${JSON.stringify(name)} on ${target.provider.name}.`, {
    hint: known.length === 0 ? 'Deploy it first: mlfn deploy MODEL.' : `Deployed are: ${known.join(', ')}.`,
  });
}
