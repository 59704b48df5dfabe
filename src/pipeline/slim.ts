/** When dependencies are slimmed, and the line that tells of it. */
import path from 'node:path';
import { fits, slim, type Slimmed } from '../bundle/index.ts';
import type { Context } from '../events.ts';
import { slimFact } from '../facts.ts';
import { isNetwork } from '../inspect/index.ts';
import type { Provider } from '../providers/provider.ts';
import { hostOptions } from '../resolve/index.ts';
import { sizeText } from '../size-text.ts';
import type { ModelCard } from '../card.ts';
import type { Bundle, Lock } from '../types.ts';

/** What mlfn_serve/data/ may import, and what a pickle of a table may name. */
const DATA_READERS = new Set(['joblib', 'pyarrow', 'fastparquet', 'pandas']);

interface Asked {
  card: ModelCard;
  lock: Lock;
  /** What ships, perhaps with the model apart. */
  bundle: Bundle;
  /** With the model in it: the same, or asked for when it is needed. */
  packed: () => Promise<Bundle>;
  /** Null where none was given. */
  sample: unknown;
  hooks: string | undefined;
  /** Another model may take this one's place. */
  pointed: boolean;
  /** Requests may name objects, whose readers no sample shows. */
  data: boolean;
  /** Also where the whole fits, to tell what it would be. */
  explain: boolean;
}

/** What was found out about the dependencies, for `mlfn build --explain`. */
export interface Slimming {
  /** False where the whole fits, and ships. */
  needed: boolean;
  result: Slimmed | { why: string };
  whole: Bundle;
}

/**
 * Only what does not fit is slimmed: a whole dependency part serves every model of the lock, a slimmed one only those that name the
 * same. Null where that was not to be decided.
 */
export async function slimmed(ctx: Context, { provider, config }: { provider: Pick<Provider<unknown>, 'limits'>; config: unknown }, asked: Asked): Promise<{ bundle: Bundle; slimming: Slimming | null }> {
  const { bundle, explain } = asked;
  const needed = !fits(bundle, provider.limits(config)) && bundle.dependencies.entries.length > 0;
  if (!needed && !explain) return { bundle, slimming: null };
  const giant = giantOf(asked, provider.limits(config));
  const result = giant ?? (await find(ctx, asked));
  const slimming = { needed, result, whole: bundle };
  if (needed) ctx.emit(slimFact(bundle.dependencies.size, result));
  return { bundle: needed && 'dependencies' in result ? { ...bundle, dependencies: result.dependencies } : bundle, slimming };
}

/** The library of a network's framework is needed whole: where it does not fit by itself, nothing is tried. */
function giantOf({ card, bundle }: Asked, { unzippedBytes }: { unzippedBytes: number | null }): { why: string } | null {
  if (unzippedBytes === null || !isNetwork(card)) return null;
  const found = bundle.dependencies.entries.find(({ size }) => size > unzippedBytes);
  return found === undefined ? null : { why: `${path.posix.basename(found.path)} alone is ${sizeText(found.size)}` };
}

async function find(ctx: Context, { card, lock, packed, sample, hooks, pointed, data }: Asked): Promise<Slimmed | { why: string }> {
  if (pointed) return { why: 'another model can take its place, and may need more' };
  if (sample === null) return { why: 'without a sample nothing shows what a prediction needs: give --sample' };
  if ((await hostOptions(ctx, lock)) !== null) return { why: 'its packages do not run on this machine' };
  return slim(ctx, {
    bundle: await packed(),
    interpreter: lock.interpreter,
    sample,
    opaque: card.kind === 'python' || hooks !== undefined,
    names: card.kind === 'model' ? card.globals.map(({ module, name }) => `${module}.${name}`) : [],
    whole: lock.packages.filter((each) => each.forTarget === true || (data && DATA_READERS.has(each.name))).map((each) => each.name),
  });
}
