import type { Live, LogLine, PointedModel } from '../../live.ts';
import { command } from '../command.ts';
import { timeText } from '../format.ts';
import { table } from '../lines.ts';
import { originFacts } from '../origins.ts';
import { NAME_ARGUMENT, TARGET_OPTION } from '../options.ts';

interface Status {
  target: string;
  functions: Live[];
  /** Of a function that was named: what its live release has failed with lately. */
  errors?: LogLine[];
  /** The model that it was told to serve; null where the live release has its own only. */
  serves?: PointedModel | null;
}

export const status = command({
  name: 'status',
  summary: 'List what is deployed and where it answers',
  arguments: [{ ...NAME_ARGUMENT, summary: 'Function; all when left out' }],
  options: TARGET_OPTION,
  examples: [
    ['status', 'every function: live release, URL'],
    ['status heart --json', 'everything about one of them'],
  ],
  async run(ctx, input): Promise<Status> {
    const { loadConfig } = await import('../../config/index.ts');
    const config = await loadConfig(ctx, input);
    if (ctx.verbose) for (const fact of originFacts(config)) ctx.emit(fact);
    const [{ open }, { observeKnown }] = await Promise.all([import('../function.ts'), import('../../providers/index.ts')]);
    const target = await open(config.target, config.targetConfig);
    const functions =
      input.name === undefined
        ? await target.provider.list(ctx, target.config)
        : [await observeKnown(ctx, target, input.name)];
    const [only] = functions;
    if (input.name === undefined || only === undefined || only.live === null) return { target: config.target, functions };
    const errors = await target.provider.lastErrors?.(ctx, target.config, only.name, only.live);
    const { servedNow } = await import('../../pipeline.ts');
    const serves = await servedNow(ctx, target, only);
    return { target: config.target, functions, serves, ...(errors === undefined ? {} : { errors }) };
  },
  text: ({ target, functions, errors = [], serves = null }, { paint }) => {
    if (functions.length === 0) return [`Nothing is deployed on ${target}. Start with: mlfn deploy model.joblib`];
    const rows = functions.map((live) => {
      const release = live.releases.find((each) => each.number === live.live);
      const since = release === undefined ? '-' : timeText(release.createdAt);
      return [live.name, liveText(live), since, release?.model.file ?? '-', live.url];
    });
    const [head = '', ...rest] = table([['function', 'live', 'made', 'model', 'url'], ...rows]);
    const more = functions.flatMap(({ name, notes = [] }) => notes.map((note) => paint.dim(`${name}: ${note}`)));
    if (serves !== null) more.unshift(paint.dim(`serves ${serves.file} ${serves.sha256.slice(0, 8)} since ${timeText(serves.at)}`));
    const failed = errors.map(({ time, text }) => `${paint.red('error')}  ${timeText(time)}  ${text}`);
    return [paint.dim(head), ...rest, ...more, ...failed];
  },
});

/** `2`, or `2 90%, 3 10%` while there is a canary. */
function liveText({ live, canary }: Live): string {
  if (live === null) return 'none';
  return canary === undefined ? String(live) : `${live} ${100 - canary.percent}%, ${canary.number} ${canary.percent}%`;
}
