import type { LogLine } from '../../live.ts';
import { command } from '../command.ts';
import { NAME_ARGUMENT, TARGET_OPTION } from '../options.ts';

interface Logs {
  name: string;
  lines: LogLine[];
}

export const logs = command({
  name: 'logs',
  summary: "Show a function's logs",
  details: 'With --follow and --json every line is a JSON document of its own, as it comes.',
  arguments: [NAME_ARGUMENT],
  options: {
    follow: { kind: 'flag', short: 'f', summary: 'Go on showing lines as they come, until Ctrl-C' },
    lines: { kind: 'integer', value: 'N', summary: 'How many of the last lines (default: 100)' },
    ...TARGET_OPTION,
  },
  examples: [
    ['logs heart', 'the last 100 lines'],
    ['logs heart --follow --lines 0', 'only what comes from now on'],
  ],
  async run(ctx, input): Promise<Logs | AsyncIterable<Logs>> {
    const [{ chooseFunction, open }, { observeKnown }] = await Promise.all([
      import('../function.ts'),
      import('../../providers/index.ts'),
    ]);
    const { name, target, targetConfig } = await chooseFunction(ctx, input);
    const opened = await open(target, targetConfig);
    await observeKnown(ctx, opened, name);
    const source = opened.provider.logs(ctx, opened.config, name, { follow: input.follow, lines: input.lines ?? 100 });
    if (input.follow) return oneByOne(name, source);
    const lines: LogLine[] = [];
    for await (const line of source) lines.push(line);
    return { name, lines };
  },
  text: ({ lines }, { paint }) =>
    lines.map(({ time, release, stream, text }) => {
      const from = `${time.slice(0, 23).replace('T', ' ')}  ${release === null ? '-' : `release ${release}`}  `;
      return `${paint.dim(from)}${stream === 'stderr' ? paint.yellow(text) : stream === 'platform' ? paint.cyan(text) : text}`;
    }),
});

async function* oneByOne(name: string, source: AsyncIterable<LogLine>): AsyncIterable<Logs> {
  for await (const line of source) yield { name, lines: [line] };
}
