import type { Compared, Side } from '../../pipeline.ts';
import { TARGETS } from '../../providers/index.ts';
import { command, type View } from '../command.ts';
import { EXIT } from '../exit.ts';
import { sizeText } from '../../size-text.ts';
import { durationText, timeText } from '../format.ts';
import { labelled, table } from '../lines.ts';
import { NAME_ARGUMENT } from '../options.ts';

type LiveSide = Extract<Side, { state: 'live' }>;

export const compare = command({
  name: 'compare',
  summary: 'Show a function on all targets side by side, asked now',
  details:
    "The live release of each target is asked its own sample: whether the answer is the model's, and how long it takes from " +
    'here. Settings of a cloud are those of mlfn.yaml and of its own variables. Exit code 6 when an answer differs, 5 when no target could be asked.',
  arguments: [NAME_ARGUMENT],
  options: {
    target: { kind: 'list', value: 'TARGET', choices: TARGETS, summary: 'One of the targets to compare; repeatable (default: all)' },
  },
  examples: [
    ['compare heart', 'release, settings, sizes and latencies on this machine and on the clouds'],
    ['compare heart --target local --target aws', 'these two alone'],
  ],
  async run(ctx, input): Promise<Compared> {
    const [{ loadConfig }, { chooseFunction }, { compareTargets }] = await Promise.all([
      import('../../config/index.ts'),
      import('../function.ts'),
      import('../../pipeline.ts'),
    ]);
    const asked = TARGETS.filter((each) => input.target?.includes(each) ?? true);
    const configs = await Promise.all(asked.map((target) => loadConfig(ctx, { name: input.name, target })));
    const name = configs[0]?.name ?? (await chooseFunction(ctx, { name: input.name, target: asked[0] })).name;
    const targets = configs.map(({ target, targetConfig }) => ({ target, targetConfig }));
    return compareTargets(ctx, { name, targets });
  },
  text: ({ sides }, view) => {
    const live = sides.filter((side) => side.state === 'live');
    const [head = '', ...rows] = live.length === 0 ? [] : table([['', ...live.map(({ target }) => target)], ...ROWS.map(([label, cell]) => [label, ...live.map(cell)])]);
    return [
      ...(head === '' ? [] : [view.paint.dim(head), ...rows]),
      ...live.flatMap(({ target, url }) => labelled(view.paint.dim, target, url)),
      ...sides.flatMap((side) => missing(side, view)),
    ];
  },
  exitCode: ({ sides }) => {
    if (sides.some((side) => side.state === 'live' && !side.again.equal)) return EXIT.verify;
    return sides.some((side) => side.state === 'live') ? EXIT.ok : EXIT.remote;
  },
});

const ROWS: [label: string, cell: (side: LiveSide) => string][] = [
  ['release', ({ release, canary }) => `${release.number}${canary === null ? '' : ` (canary ${canary.number}, ${canary.percent} %)`}`],
  ['made', ({ release }) => timeText(release.createdAt)],
  ['model', ({ release: { model } }) => `${model.file} ${model.digest.slice(0, 8)}`],
  ['framework', ({ release: { model } }) => model.framework ?? '-'],
  ['python', ({ release: { lock } }) => lock.python],
  ['memory', ({ release: { settings } }) => `${settings.memory} MB`],
  ['timeout', ({ release: { settings } }) => `${settings.timeout} s`],
  ['dependencies', ({ release: { sizes } }) => sizeText(sizes.dependencies)],
  ['function', ({ release: { sizes } }) => sizeText(sizes.function)],
  ['fetched', ({ release: { sizes } }) => (sizes.model === undefined ? '-' : sizeText(sizes.model))],
  ['cold', ({ again, release: { verification } }) => latency(again.coldMs ?? verification.coldMs)],
  ['warm', ({ again }) => latency(again.warmMs)],
  ['answer', ({ again, release: { sample } }) => (again.equal ? (sample === null ? 'healthy' : "the model's") : 'DIFFERS')],
];

function latency(ms: number | null): string {
  return ms === null ? '-' : durationText(ms);
}

function missing(side: Side, { paint }: View): string[] {
  if (side.state === 'live') return [];
  if (side.state === 'absent') return labelled(paint.dim, side.target, 'nothing is live there');
  return labelled(paint.yellow, side.target, `${side.message}  (${side.code})`, side.hint);
}
