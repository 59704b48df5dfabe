import type { Live, Release, Verification } from '../../live.ts';
import { command } from '../command.ts';
import { sizeText } from '../../size-text.ts';
import { timeText } from '../format.ts';
import { table } from '../lines.ts';
import { NAME_ARGUMENT, TARGET_OPTION } from '../options.ts';

export const releases = command({
  name: 'releases',
  summary: "List a function's releases, newest first",
  arguments: [NAME_ARGUMENT],
  options: TARGET_OPTION,
  examples: [
    ['releases heart', 'number, time, model, check; the live one is marked'],
    ['releases heart --json', 'everything about each of them'],
  ],
  async run(ctx, input): Promise<Live> {
    const [{ chooseFunction, open }, { observeKnown }] = await Promise.all([
      import('../function.ts'),
      import('../../providers/index.ts'),
    ]);
    const chosen = await chooseFunction(ctx, input);
    return observeKnown(ctx, await open(chosen.target, chosen.targetConfig), chosen.name);
  },
  text: (live, { paint }) => {
    const head = ['', 'release', 'made', 'model', 'size', 'framework', 'python', 'check', 'by', 'commit'];
    const rows = live.releases.toReversed().map((release) => row(release, release.number === live.live));
    const [first = '', ...rest] = table([head, ...rows]);
    return [paint.dim(first), ...rest.map((line) => (line.startsWith('live') ? paint.green(line) : line))];
  },
});

function row(release: Release, isLive: boolean): (string | number)[] {
  const { number, createdAt, model, lock, verification, by, commit } = release;
  return [
    isLive ? 'live' : '',
    number,
    timeText(createdAt),
    model.file,
    sizeText(model.size),
    model.framework ?? '-',
    lock.python,
    checkText(verification),
    by,
    commit ?? '-',
  ];
}

function checkText({ method, compared, largestDifference }: Verification): string {
  if (method === 'health') return 'health only';
  return `${compared} equal${largestDifference === null || largestDifference === 0 ? '' : ` within ${largestDifference.toPrecision(1)}`}`;
}
