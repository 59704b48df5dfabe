import type { Outcome } from '../../pipeline.ts';
import { command } from '../command.ts';
import { labelled } from '../lines.ts';
import { DRY_RUN, NAME_ARGUMENT, TARGET_OPTION } from '../options.ts';
import { planLines } from '../outcome.ts';

export const rollback = command({
  name: 'rollback',
  summary: 'Make an earlier release live again',
  details: 'One atomic switch: nothing is built, no request is lost.',
  arguments: [NAME_ARGUMENT],
  options: {
    to: { kind: 'integer', value: 'N', summary: 'Release number (default: the one before the live one)' },
    ...TARGET_OPTION,
    ...DRY_RUN,
  },
  examples: [
    ['rollback heart', 'back to the release before'],
    ['rollback heart --to 3', 'to release 3, forward or back'],
    ['rollback heart --dry-run', 'what it would switch to'],
  ],
  async run(ctx, input): Promise<Outcome> {
    const [{ chooseFunction }, pipeline] = await Promise.all([import('../function.ts'), import('../../pipeline.ts')]);
    const chosen = await chooseFunction(ctx, input);
    return pipeline.rollback(ctx, { ...chosen, ...(input.to === undefined ? {} : { to: input.to }), dryRun: input.dryRun });
  },
  text: (outcome, view) => {
    if (outcome.status === 'planned') return planLines(outcome, view);
    const was = outcome.status === 'up-to-date' ? 'is live already' : `is live again (before: release ${outcome.before})`;
    return labelled(view.paint.green.bold, 'live', `release ${outcome.live} ${was}    ${outcome.url ?? ''}`);
  },
});
