import { MlfnError } from '../../errors.ts';
import type { Outcome } from '../../pipeline.ts';
import { command, type View } from '../command.ts';
import { durationText } from '../format.ts';
import { labelled } from '../lines.ts';
import { CANARY, DRY_RUN, FORM_OPTIONS, MODEL_ARGUMENT, PACKAGE_OPTIONS, SETTINGS_OPTIONS } from '../options.ts';
import { planLines } from '../outcome.ts';
import { originFacts } from '../origins.ts';
import { tryLine } from '../try-line.ts';
import { findingLines } from './inspect.ts';

export interface Deployed extends Outcome {
  durationMs: number;
  /** A command line that asks the endpoint. */
  try: string | null;
  /** What must have been done for it to work. */
  tryNote: string | null;
}

export const deploy = command({
  name: 'deploy',
  summary: 'Make a checked, live release of a model',
  details:
    'Inspects, locks and packs the model, publishes it beside the live release, compares its answers with the ' +
    "model's own when there is a sample, and only then switches the endpoint to it.",
  arguments: [MODEL_ARGUMENT],
  options: { ...PACKAGE_OPTIONS, ...FORM_OPTIONS, ...SETTINGS_OPTIONS, ...CANARY, ...DRY_RUN },
  examples: [
    ['deploy model.joblib --name heart', 'the endpoint heart, on this machine'],
    ['deploy model.joblib --name heart --sample payload.json', 'checked with payload.json before it goes live'],
    ['deploy app.py:predict', 'a Python function as it is'],
    ['deploy --dry-run', 'what the mlfn.yaml here would change'],
  ],
  async run(ctx, input): Promise<Deployed> {
    const started = performance.now();
    const { loadConfig, checkFiles, checkLimits } = await import('../../config/index.ts');
    const canary = shareOf(input.canary);
    const config = await checkFiles(await loadConfig(ctx, input));
    if (ctx.verbose) for (const fact of originFacts(config)) ctx.emit(fact);
    const [{ open }, pipeline] = await Promise.all([import('../function.ts'), import('../../pipeline.ts')]);
    const target = await open(config.target, config.targetConfig);
    checkLimits(config, target.provider.limits(target.config));
    const outcome = await pipeline.deploy(ctx, { ...config, canary, trust: input.trust, dryRun: input.dryRun });
    const durationMs = Math.round(performance.now() - started);
    const shown = await tryLine(ctx, target, outcome, config.sample);
    return { ...outcome, durationMs, try: shown?.line ?? null, tryNote: shown?.note ?? null };
  },
  text: (result, view) => [...findingLines(result.findings, view), ...outcomeLines(result, view)],
});

function shareOf(percent: number | undefined): number | undefined {
  if (percent === undefined || (percent >= 1 && percent <= 99)) return percent;
  throw new MlfnError('CLI_USAGE', `--canary must be from 1 to 99, not ${percent}.`, {
    hint: 'Leave it out to give the new release all the traffic.',
  });
}

/** A deploy that only changes the endpoint has none. */
function hasWayBack({ before, live, canary }: Deployed): boolean {
  return before !== null && (before !== live || canary !== null);
}

function outcomeLines(result: Deployed, view: View): string[] {
  if (result.status === 'planned') return planLines(result, view);
  const { paint } = view;
  const did = result.status === 'up-to-date' ? 'is up to date' : `in ${durationText(result.durationMs)}`;
  const next = [
    ...(result.try === null ? [] : [`${paint.dim('try ')}  ${result.try}`]),
    ...(result.tryNote === null ? [] : [`      ${paint.dim(result.tryNote)}`]),
    ...(result.canary === null ? [] : [`${paint.dim('all ')}  mlfn promote ${result.name}`]),
    ...(result.status === 'deployed' && hasWayBack(result) ? [`${paint.dim('undo')}  mlfn rollback ${result.name}`] : []),
  ];
  const { canary } = result;
  const what = canary === null ? `release ${result.live}` : `release ${canary.number} has ${canary.percent} % beside release ${result.live}`;
  return labelled(paint.green.bold, 'live', `${what} ${did}    ${result.url ?? ''}`, next.join('\n') || undefined);
}
