import { writeFileSync } from 'node:fs';
import type { Report } from '../../bench/index.ts';
import { MlfnError } from '../../errors.ts';
import type { Planned } from '../../pipeline.ts';
import { pageOf, requestOf } from '../bench-request.ts';
import { benchLines, plannedLines, plannedText } from '../bench-text.ts';
import { command, type CommandContext } from '../command.ts';
import { EXIT } from '../exit.ts';
import { DRY_RUN, NAME_ARGUMENT, TARGET_OPTION } from '../options.ts';

type Benched = (Report & { html: string | null }) | { planned: Planned };

export const bench = command({
  name: 'bench',
  summary: 'Measure latency, throughput and cost of a function',
  details:
    'Asks the live release as clients would: cold, warm, then with more and more users at once. Scenarios: `gaps` asks at the minutes 0, 6, ' +
    '16, 31 and 61 (time runs faster on this machine, and the report says so), `ramp` grows to 9 users, then to 18. With --memory the ' +
    'release is asked in other sizes, beside the live one and without its traffic. Ctrl-C ends it with the report so far.',
  arguments: [NAME_ARGUMENT],
  options: {
    scenario: { kind: 'text', value: 'NAME', choices: ['levels', 'gaps', 'ramp'], summary: 'What is asked when (default: levels)' },
    payload: { kind: 'text', short: 'p', value: 'FILE', completes: 'file', summary: "Body to send (default: the release's own sample)" },
    users: { kind: 'text', value: 'N,N', summary: 'Users at once, each waiting for its answer (default: 1,2,4,8; ramp: 9,18)' },
    rate: { kind: 'text', value: 'N,N', summary: 'Calls per second, sent whether or not answers come, in place of users' },
    seconds: { kind: 'integer', value: 'N', summary: 'Time of each part of the load (default: 5; ramp: 10)' },
    calls: { kind: 'integer', value: 'N', summary: 'Warm calls, one after the other (default: 50)' },
    cold: { kind: 'integer', value: 'N', summary: 'Calls that a fresh worker answers each, on this machine (default: 5)' },
    maxCalls: { kind: 'integer', value: 'N', summary: 'Calls in all, at most (default: 2000 on a cloud, 50000 on this machine)' },
    memory: { kind: 'text', value: 'MB,MB', summary: 'Sizes to compare, each as a release beside the live one' },
    speed: { kind: 'integer', value: 'N', summary: 'How many times as fast as the clock the gaps are (default: 1; 360 on this machine)' },
    html: { kind: 'text', value: 'FILE', completes: 'file', summary: 'Write a report with plots, too' },
    ...TARGET_OPTION,
    ...DRY_RUN,
  },
  examples: [
    ['bench heart', 'cold, warm, and 1, 2, 4 and 8 users on this machine'],
    ['bench heart --scenario ramp --html ramp.html', 'to 9, then 18 users, as a page with plots'],
    ['bench heart --scenario gaps', 'which gaps a worker survives'],
    ['bench heart --memory 256,512,1024 --target aws', 'three sizes of Lambda compared'],
    ['bench heart --target aws --dry-run', 'how many calls, and what they cost'],
  ],
  async run(ctx, input): Promise<Benched> {
    const asked = requestOf(ctx, input);
    const html = pageOf(ctx, input.html);
    const [{ chooseFunction }, { bench: measure }, { htmlOf, reportOf }] = await Promise.all([
      import('../function.ts'),
      import('../../pipeline.ts'),
      import('../../bench/index.ts'),
    ]);
    const { name, target, region, project, profile, bucket } = input;
    const chosen = await chooseFunction(ctx, { name, target, region, project, profile, bucket });
    const { planned, measured } = await measure(ctx, { ...chosen, ...asked }, (plan) => agree(ctx, plan));
    if (measured === null) return { planned };
    const report = reportOf(measured);
    if (html !== null) writeFileSync(html, htmlOf(report, measured.series));
    return { ...report, html };
  },
  text: (result, view) => ('planned' in result ? plannedLines(result.planned, view) : benchLines(result, view)),
  exitCode: (result) => {
    if ('planned' in result) return EXIT.ok;
    if (result.interrupted) return EXIT.interrupted;
    return result.series.some(({ answered }) => answered > 0) ? EXIT.ok : EXIT.remote;
  },
});

/** A cloud is paid for: what it costs is said before, and asked where somebody can answer. */
async function agree(ctx: CommandContext, planned: Planned): Promise<void> {
  ctx.emit({ type: 'fact', label: 'plan', text: plannedText(planned) });
  if (planned.target === 'local') return;
  const sure = await ctx.ask({ kind: 'confirm', message: `Call ${planned.function} on ${planned.target} now?`, initial: true });
  if (!sure) throw new MlfnError('CLI_UNCONFIRMED', 'Nothing was measured.', { hint: 'Ask for fewer calls with --max-calls, --seconds or --users.' });
}
