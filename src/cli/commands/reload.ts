import { MlfnError } from '../../errors.ts';
import type { Reloaded } from '../../pipeline.ts';
import { command } from '../command.ts';
import { sizeText } from '../../size-text.ts';
import { labelled } from '../lines.ts';
import { DRY_RUN, NAME_ARGUMENT, TARGET_OPTION } from '../options.ts';

export const reload = command({
  name: 'reload',
  summary: 'Give the live release another model, without a new release',
  details:
    'For releases deployed with --reload. The model is sent and checked at the endpoint against the model itself, while all others ' +
    'are answered as before; then every worker takes it up when it next looks, and the one that is asked at once. What needs ' +
    'other packages or code is refused: deploy that. Without --model and --undo a worker is told to look now.',
  arguments: [NAME_ARGUMENT],
  options: {
    model: { kind: 'text', short: 'm', value: 'FILE', completes: 'file', summary: 'The model file' },
    undo: { kind: 'flag', summary: 'Back to the model that was served before' },
    trust: { kind: 'flag', summary: 'Load a model that names code outside the allowlist' },
    ...TARGET_OPTION,
    ...DRY_RUN,
  },
  examples: [
    ['reload heart --model model.joblib', 'release 3 goes on with the model of this morning'],
    ['reload heart --undo', 'and with the one before'],
    ['reload heart', 'a worker looks now'],
  ],
  async run(ctx, input): Promise<Reloaded> {
    if (input.undo && input.model !== undefined) {
      throw new MlfnError('CLI_USAGE', '--model and --undo were both given.', { hint: 'Give one of the two.' });
    }
    const [{ checkFiles, loadConfig }, { chooseFunction }, pipeline] = await Promise.all([
      import('../../config/index.ts'),
      import('../function.ts'),
      import('../../pipeline.ts'),
    ]);
    const { model: given, undo, trust, dryRun, ...flags } = input;
    const chosen = await chooseFunction(ctx, flags);
    const asked = { ...chosen, undo, trust, dryRun };
    if (given === undefined) return pipeline.reload(ctx, asked);
    const { model, code, hooks, requirements, python } = await checkFiles(await loadConfig(ctx, { ...flags, name: chosen.name, model: given }));
    return pipeline.reload(ctx, { ...asked, model, code, hooks, requirements, python });
  },
  text: ({ status, release, model, before, within }, { paint }) => {
    const what = `${model.file} ${model.sha256.slice(0, 8)}  ${sizeText(model.size)}`;
    if (status === 'planned') return labelled(paint.bold, 'plan', `release ${release} would serve ${what}\nnothing was changed (--dry-run)`);
    const rest = within === null ? 'other workers when they are told' : `every worker within ${within} s`;
    const from = status === 'unchanged' ? 'as before' : `in place of ${before.file} ${before.sha256.slice(0, 8)}`;
    return labelled(paint.green.bold, 'live', `release ${release} serves ${what}  ${from}`, rest);
  },
});
