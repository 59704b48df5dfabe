/** The report as one page: no script, no font, no image from elsewhere. */
import type { Report, Summary } from '../report.ts';
import type { Series } from '../timed.ts';
import { latencyBars, throughputBars } from './bars.ts';
import { STYLE } from './style.ts';
import { costTable, seriesTable } from './tables.ts';
import { atGaps, overTime } from './time.ts';
import { dollarText, escaped, msText, perSecondText } from './words.ts';

/** @param series what the report's figures are of */
export function htmlOf(report: Report, series: readonly Series[]): string {
  const memories = [...new Set(report.series.map(({ memory }) => memory))];
  const sizes = memories.some((memory) => memory !== report.memory);
  const title = `${report.function} release ${report.release} on ${report.target}`;
  const load = memories.map((memory) => ({ memory, series: series.filter((each) => each.phase === 'load' && each.memory === memory) }));
  const rows = report.series.filter(({ phase }) => phase !== 'gaps');
  const sections = [
    ...memories.flatMap((memory) => {
      const gaps = report.gaps.filter((gap) => gap.memory === memory);
      return gaps.length === 0 ? [] : [section(`After gaps${sizes ? `, ${memory} MB` : ''}`, atGaps(gaps))];
    }),
    rows.length === 0 ? '' : section('Latency', latencyBars(rows, sizes)),
    rows.some(({ phase }) => phase === 'load') ? section('Throughput', throughputBars(rows, sizes)) : '',
    ...load.map(({ memory, series: own }) => (own.length === 0 ? '' : section(`Under load, call by call${sizes ? `, ${memory} MB` : ''}`, overTime(own)))),
    section('Cost', costTable(report.costs)),
    section('All figures', seriesTable(report, sizes)),
    section('How it was measured', `<ul>${report.method.map((each) => `<li>${escaped(each)}</li>`).join('')}</ul>`),
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<h1>${escaped(title)}</h1>
<p>${escaped(report.url)}</p>
<p>${escaped(report.begunAt)}, scenario ${report.scenario}, payload of ${report.payload.bytes} bytes (${escaped(report.payload.from)}), ${report.payload.predictions === 1 ? 'one prediction' : `${report.payload.predictions} predictions`} a call</p>
${report.interrupted ? '<p class="note">Stopped by Ctrl-C: this is what there was until then.</p>' : ''}
${report.limited ? '<p class="note">The limit on calls came before the end.</p>' : ''}
${headline(report)}
</header>
<main>
${sections.filter((each) => each !== '').join('\n')}
</main>
</body>
</html>
`;
}

function section(title: string, content: string): string {
  return `<section><h2>${escaped(title)}</h2>\n${content}</section>`;
}

/** The figures that are asked for first. */
function headline({ series, costs, gaps }: Report): string {
  const p50 = (phase: Summary['phase']) => series.find((each) => each.phase === phase)?.latency?.p50;
  const best = Math.max(0, ...series.map(({ perSecond }) => perSecond ?? 0));
  const [cost] = costs;
  const figures: [string, string | undefined][] = [
    ['cold, p50', textOf(p50('cold'))],
    ['warm, p50', textOf(p50('warm'))],
    ['most answers a second', best === 0 ? undefined : perSecondText(best)],
    ['cold after a gap', gaps.length === 0 ? undefined : `${gaps.filter(({ coldMs }) => coldMs !== null).length} of ${gaps.length}`],
    [`a million predictions${cost === undefined ? '' : `, ${cost.platform}`}`, cost === undefined ? undefined : dollarText(cost.perMillionPredictions)],
  ];
  const known = figures.filter(([, value]) => value !== undefined);
  return `<dl>${known.map(([name, value]) => `<div><dt>${name}</dt><dd>${value}</dd></div>`).join('')}</dl>`;
}

function textOf(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : msText(ms);
}
