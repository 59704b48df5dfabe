import { MlfnError } from '../../errors.ts';
import type { Outcome } from '../../pipeline.ts';
import { command } from '../command.ts';
import { labelled } from '../lines.ts';
import { DRY_RUN, NAME_ARGUMENT, TARGET_OPTION } from '../options.ts';
import { planLines } from '../outcome.ts';

const EVERY = '5m';

export const warm = command({
  name: 'warm',
  summary: 'Keep a function warm with a call every few minutes',
  details: 'A schedule in the account calls the live release; the serving code answers without asking the model. `warm: 5m` in the aws section of mlfn.yaml does the same at every deploy.',
  arguments: [NAME_ARGUMENT],
  options: {
    ...TARGET_OPTION,
    every: { kind: 'text', value: 'MINUTES', summary: `How often, from 1m to 60m (default: ${EVERY})` },
    off: { kind: 'flag', summary: 'No more' },
    ...DRY_RUN,
  },
  examples: [
    ['warm heart --target aws', `a call every ${EVERY}`],
    ['warm heart --target aws --off', 'no more calls'],
  ],
  async run(ctx, input): Promise<Outcome & { every: string }> {
    if (input.off && input.every !== undefined) {
      throw new MlfnError('CLI_USAGE', `--every ${input.every} and --off exclude each other.`, { hint: 'Leave one of them out.' });
    }
    const [{ chooseFunction }, pipeline] = await Promise.all([import('../function.ts'), import('../../pipeline.ts')]);
    const every = input.off ? 'off' : (input.every ?? EVERY);
    const chosen = await chooseFunction(ctx, { ...input, warm: every });
    return { ...(await pipeline.warm(ctx, { ...chosen, dryRun: input.dryRun })), every };
  },
  text: (outcome, view) => {
    if (outcome.status === 'planned') return planLines(outcome, view);
    const already = outcome.status === 'up-to-date' ? ' already' : '';
    const text = outcome.every === 'off' ? `${outcome.name} is${already} called by no schedule` : `${outcome.name} is${already} called every ${outcome.every}`;
    return labelled(view.paint.green.bold, 'warm', text);
  },
});
