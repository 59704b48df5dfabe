import { MlfnError } from '../../errors.ts';
import type { Outcome } from '../../pipeline.ts';
import { command } from '../command.ts';
import { countText } from '../format.ts';
import { labelled } from '../lines.ts';
import { DRY_RUN, NAME_ARGUMENT, TARGET_OPTION } from '../options.ts';
import { planLines } from '../outcome.ts';

export const del = command({
  name: 'delete',
  summary: 'Remove a function with all its releases',
  details: 'Says first what goes, then asks; --yes agrees. There is no way back but deploying again.',
  arguments: [NAME_ARGUMENT],
  options: { ...TARGET_OPTION, ...DRY_RUN },
  examples: [
    ['delete heart', 'asks first'],
    ['delete heart --yes', 'for scripts'],
    ['delete heart --dry-run', 'what would go'],
  ],
  async run(ctx, input): Promise<Outcome> {
    const [{ chooseFunction }, pipeline] = await Promise.all([import('../function.ts'), import('../../pipeline.ts')]);
    const chosen = await chooseFunction(ctx, input);
    return pipeline.remove(ctx, { ...chosen, dryRun: input.dryRun }, async ({ name, target, url, steps }) => {
      const releases = steps.flatMap((step) => (step.kind === 'remove' ? step.releases : []));
      const what = `${name} on ${target} with ${countText(releases.length, 'release')}`;
      const sure = await ctx.ask({ kind: 'confirm', message: `Remove ${what}? ${url ?? ''} stops answering.`, initial: false });
      if (sure) return;
      throw new MlfnError('CLI_UNCONFIRMED', `${what} was not removed.`, {
        hint: `Run it again with --yes: mlfn delete ${name} --yes`,
        details: { name, target, releases, url },
      });
    });
  },
  text: (outcome, view) => {
    if (outcome.status === 'planned') return planLines(outcome, view);
    return labelled(view.paint.bold, 'gone', `${outcome.name} was removed from ${outcome.target}`);
  },
});
