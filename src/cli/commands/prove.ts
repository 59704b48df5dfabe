import path from 'node:path';
import type { ProofResult } from '../../pipeline.ts';
import { command } from '../command.ts';
import { EXIT } from '../exit.ts';
import { countText } from '../format.ts';
import { labelled } from '../lines.ts';
import { MODEL_ARGUMENT, PACKAGE_OPTIONS } from '../options.ts';

const { code, hooks, name, python, requirements, trust } = PACKAGE_OPTIONS;

export const prove = command({
  name: 'prove',
  summary: 'Hold the compiled form of a model against the model itself, on rows of your own',
  details:
    'A deploy proves it on the sample and on requests made from the model. Nothing is deployed. Exit code 6 when a row is answered ' +
    'otherwise, with the first one; 0 when the model has no compiled form, as then it answers itself.',
  arguments: [MODEL_ARGUMENT],
  options: {
    data: { kind: 'text', value: 'FILE', completes: 'file', summary: 'Rows: CSV with a header, a JSON list, or JSON lines' },
    name, code, hooks, python, requirements, trust,
  },
  examples: [
    ['prove model.joblib --data rows.csv', 'how many rows were compared, and the largest difference'],
    ['prove model.joblib --data rows.jsonl --json', 'the same as JSON'],
  ],
  async run(ctx, input): Promise<ProofResult> {
    const [{ loadConfig, checkFiles }, { prove: proved }, { MlfnError }] = await Promise.all([
      import('../../config/index.ts'),
      import('../../pipeline.ts'),
      import('../../errors.ts'),
    ]);
    const { data, trust: trusted, ...flags } = input;
    if (data === undefined) throw new MlfnError('CLI_USAGE', 'No rows are named.', { hint: 'Give a file of them: mlfn prove model.joblib --data rows.csv' });
    const config = await checkFiles(await loadConfig(ctx, flags));
    return proved(ctx, { ...config, trust: trusted, rows: path.resolve(ctx.cwd, data) });
  },
  text: ({ form, rows, proof, differs }, { paint }) => [
    ...labelled(paint.bold, 'engine', `${form.engine}    ${form.why ?? ''}`),
    ...labelled(paint.bold, 'rows', `${countText(rows.read, 'row')} read${rows.ignored.length === 0 ? '' : `, without the columns that the model does not take: ${rows.ignored.join(', ')}`}`),
    ...(rows.refusal === null ? [] : labelled(paint.yellow.bold, 'refused', rows.refusal)),
    ...(differs === null ? [] : labelled(paint.red.bold, 'differs', differs)),
    ...(proof === null
      ? []
      : labelled(
          paint.green.bold,
          'equal',
          `${countText(proof.probes, 'row')}, ${proof.refused} of them refused by both, largest difference ${proof.largestDifference}${proof.left === 0 ? '' : `; there was no time for ${proof.left}`}`,
        )),
  ],
  exitCode: ({ differs }) => (differs === null ? EXIT.ok : EXIT.verify),
});
