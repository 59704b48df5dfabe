import type { Outcome } from '../../pipeline.ts';
import { command } from '../command.ts';
import { labelled } from '../lines.ts';
import { DRY_RUN, NAME_ARGUMENT, TARGET_OPTION } from '../options.ts';
import { planLines } from '../outcome.ts';

export const promote = command({
  name: 'promote',
  summary: 'Give a canary all the traffic',
  details: 'Ends what `deploy --canary` began: one atomic switch. `mlfn rollback` ends it the other way.',
  arguments: [NAME_ARGUMENT],
  options: { ...TARGET_OPTION, ...DRY_RUN },
  examples: [
    ['promote heart --target aws', 'the canary becomes the live release'],
    ['promote heart --dry-run', 'what it would switch to'],
  ],
  async run(ctx, input): Promise<Outcome> {
    const { chooseFunction } = await import('../function.ts');
    const { promote: giveAll } = await import('../../pipeline.ts');
    const chosen = await chooseFunction(ctx, input);
    return giveAll(ctx, { ...chosen, dryRun: input.dryRun });
  },
  text: (outcome, view) => {
    if (outcome.status === 'planned') return planLines(outcome, view);
    return labelled(view.paint.green.bold, 'live', `release ${outcome.live} has all the traffic    ${outcome.url ?? ''}`);
  },
});
