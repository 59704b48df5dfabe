/** What publishing needs of the stages before it, handed to a provider that may not know them. */
import { assertSendable, withRequirements, writeArchive, writeTree, writeZip } from '../bundle/index.ts';
import type { Context } from '../events.ts';
import type { Target } from '../providers/index.ts';
import type { Supplies } from '../providers/provider.ts';
import { requirementsOf, runtimeClient } from '../resolve/index.ts';
import type { Artifact, Lock } from '../types.ts';
import type { Packed } from './forms.ts';

export function suppliesOf(ctx: Context, { provider, config }: Target, { shipped: bundle, lock, pushImage }: Packed): Supplies {
  let source: Artifact | undefined;
  return {
    bundle,
    lock,
    writeTree: (artifact, folder) => writeTree(ctx, artifact, folder),
    writeZip: (artifact, file, prefix) => writeZip(ctx, artifact, file, { prefix }),
    writeArchive: async (parts, file) => {
      const written = await writeArchive(ctx, parts, file);
      assertSendable(written.bytes, provider.limits(config), provider.name, provider.forms(config).includes('image'));
      return written;
    },
    source: () => (source ??= sourceOf(ctx, bundle.function, lock)),
    pushImage,
    host: async () => ({ interpreter: lock.interpreter, runtimeClient: await runtimeClient(ctx, lock.interpreter) }),
  };
}

function sourceOf(ctx: Context, part: Artifact, lock: Lock): Artifact {
  const artifact = withRequirements(part, requirementsOf(lock));
  const indexes = (lock.indexes ?? []).map((option) => option.replace(/^\S+ /, ''));
  if (indexes.length > 0) {
    ctx.emit({
      type: 'warning',
      text: `The build asks the project's own indexes, and has no password for them: ${indexes.join(', ')}.`,
      hint: 'Where they need one, choose a mode of the target that needs no build.',
    });
  }
  return artifact;
}
