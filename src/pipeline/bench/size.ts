/** The live release's package with another memory size, beside it and without traffic, for as long as it is measured. */
import { isDeepStrictEqual } from 'node:util';
import { MlfnError } from '../../errors.ts';
import type { Context } from '../../events.ts';
import type { Target } from '../../providers/index.ts';
import type { Done, Supplies } from '../../providers/provider.ts';
import { redraft } from '../../release/index.ts';
import { interpreterFor, runtimeClient } from '../../resolve/index.ts';
import type { Live, Release } from '../../live.ts';
import type { Artifact } from '../../types.ts';
import { planOf } from '../apply.ts';

/** After Ctrl-C, too. */
const DISCARD_MS = 15_000;

/** @throws BENCH_MEMORY before anything is made */
export function assertSizes({ provider, config }: Target, { name, settings, targetSettings, image }: ReleaseOf, sizes: readonly number[]): void {
  if (!provider.discardsWhole) {
    throw new MlfnError('BENCH_MEMORY', `Memory sizes cannot be compared on ${provider.name}: it keeps the newest of what is made beside the live release.`, {
      hint: 'Leave --memory out, deploy the model in each size under a name of its own, and measure those.',
    });
  }
  const { min, max } = provider.limits(config).memoryMb;
  const wrong = sizes.find((size) => size < min || size > max);
  if (wrong !== undefined) {
    throw new MlfnError('BENCH_MEMORY', `${provider.name} has no workers of ${wrong} MB.`, { hint: `Give --memory sizes from ${min} to ${max}.` });
  }
  if (settings.reload !== undefined) {
    throw new MlfnError('BENCH_MEMORY', `${name} was deployed with reload: the model that its live release serves may be another than its own.`, {
      hint: 'Leave --memory out, or deploy the model without reload under another name and measure that.',
    });
  }
  const here = provider.targetSettings(config, image === undefined ? 'zip' : 'image');
  if (!isDeepStrictEqual(JSON.parse(JSON.stringify(here)), targetSettings)) {
    throw new MlfnError('BENCH_MEMORY', `The settings of ${provider.name} given here are not those that ${name} was deployed with.`, {
      hint: 'Run it in the folder of its mlfn.yaml, where these settings stand.',
      details: { here, there: targetSettings },
    });
  }
}

interface ReleaseOf extends Pick<Release, 'settings' | 'targetSettings' | 'image'> {
  name: string;
}

/** `use` gets the number of a release of that size: the live one or an earlier one where there is, else a candidate that is taken back. */
export async function withSize<T>(ctx: Context, target: Target, live: Live, release: Release, memory: number, use: (number: number) => Promise<T>): Promise<T> {
  const { provider, config } = target;
  const draft = redraft(release, { ...release.settings, memory }, provider);
  const there = [release, ...live.releases].find(({ digest }) => digest === draft.digest);
  if (there !== undefined) return use(there.number);
  // What the plan would change below the function is none of ours: the candidate alone is made.
  const { steps } = await planOf(ctx, target, live.name, { kind: 'release', draft }, live);
  const publish = steps.find((step) => step.kind === 'publish');
  if (publish === undefined) throw new Error('a release that is not there is published');
  let done: Done = { name: live.name, draft, supplies: storedSupplies(ctx, target, release) };
  try {
    done = await provider.apply(ctx, config, publish, done);
    return await use(done.candidate!.number);
  } finally {
    await takeBack(ctx, target, done);
  }
}

/** A warning where it fails: what was measured is still told. */
async function takeBack(ctx: Context, { provider, config }: Target, done: Done): Promise<void> {
  try {
    await provider.discard({ ...ctx, signal: AbortSignal.timeout(DISCARD_MS) }, config, done);
  } catch (error) {
    const text = `The release that was made to be measured could not be taken away: ${(error as Error).message}`;
    ctx.emit({ type: 'warning', text, hint: 'It gets no traffic; the next deploy sweeps it.' });
  }
}

/** The package is with the target already: a release of it is live. */
function storedSupplies(ctx: Context, { provider }: Target, release: Release): Supplies {
  const part = (name: Artifact['part']): Artifact => ({ part: name, entries: [], digest: release.artifacts[name], size: release.sizes[name] });
  const gone = (): never => {
    throw new MlfnError('BENCH_MEMORY', `Parts of release ${release.number} are not there any more, so ${provider.name} cannot be given it again.`, {
      hint: 'Deploy the model again, then measure it.',
    });
  };
  return {
    bundle: { dependencies: part('dependencies'), function: part('function'), fetched: null, modelDigest: release.model.digest, findings: [] },
    get lock() {
      return gone();
    },
    writeTree: gone,
    writeZip: gone,
    writeArchive: gone,
    source: gone,
    pushImage: release.image === undefined ? null : async () => gone(),
    host: async () => {
      const interpreter = await interpreterFor(ctx, release.lock.python);
      return { interpreter, runtimeClient: await runtimeClient(ctx, interpreter) };
    },
  };
}
