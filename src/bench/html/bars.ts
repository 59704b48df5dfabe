/** Figures of each series side by side: a row each, which stays readable on a narrow screen. */
import type { Summary } from '../report.ts';
import { logAxis } from './axis.ts';
import { escaped, msText, perSecondText, short } from './words.ts';

/** From the smallest to the largest, the middle of them (p50 to p99) thick, p50 and p90 marked. */
export function latencyBars(series: readonly Summary[], sizes: boolean): string {
  const shown = series.filter((each) => each.latency !== null);
  if (shown.length === 0) return '<p>No call was answered.</p>';
  const axis = logAxis(shown.flatMap(({ latency }) => [latency!.min, latency!.max]));
  const rows = shown.map((each) => {
    const { min, p50, p90, p99, max } = each.latency!;
    const [from, half, most, nearly, to] = [min, p50, p90, p99, max].map((ms) => short(axis.at(ms))) as [string, string, string, string, string];
    const words = `p50 ${msText(p50)}, p90 ${msText(p90)}, p99 ${msText(p99)}`;
    const label = nameOf(each, sizes);
    return `<div class="row"><span class="name">${label}</span><span class="figures">${words}</span>
<svg class="bar" role="img" aria-label="${label}: ${words}">
<line class="range" x1="${from}%" x2="${to}%" y1="10" y2="10"/>
<line class="middle ${each.phase}" x1="${half}%" x2="${nearly}%" y1="10" y2="10"/>
<circle class="dot ${each.phase}" cx="${half}%" cy="10" r="5"/>
<line class="tick90" x1="${most}%" x2="${most}%" y1="4" y2="16"/>
</svg></div>`;
  });
  const ticks = axis.ticks.map((tick) => {
    const x = short(axis.at(tick));
    return `<line class="grid" x1="${x}%" x2="${x}%" y1="0" y2="5"/><text x="${x}%" y="18" text-anchor="${anchorOf(axis.at(tick))}">${msText(tick).replace(/\.0+ /, ' ')}</text>`;
  });
  return `${rows.join('\n')}\n<svg class="axis" aria-hidden="true">${ticks.join('')}</svg>
<p class="key">thin: smallest to largest; thick: p50 to p99; dot: p50; bar: p90; logarithmic</p>`;
}

export function throughputBars(series: readonly Summary[], sizes: boolean): string {
  const shown = series.filter((each) => each.phase === 'load');
  const most = Math.max(1e-9, ...shown.map(({ perSecond }) => perSecond ?? 0));
  return shown
    .map((each) => {
      const width = short((100 * (each.perSecond ?? 0)) / most);
      const failed = each.calls - each.answered;
      const errors = failed === 0 ? '' : `<span class="failed">${failed} of ${each.calls} failed: ${each.errors.map(({ what, count }) => `${count} × ${escaped(what)}`).join(', ')}</span>`;
      const words = `${perSecondText(each.perSecond ?? 0)} answers/s`;
      const label = nameOf(each, sizes);
      return `<div class="row"><span class="name">${label}</span><span class="figures">${words}</span>
<svg class="bar" role="img" aria-label="${label}: ${words}"><rect class="load" x="0" y="3" width="${width}%" height="14" rx="3"/></svg>${errors}</div>`;
    })
    .join('\n');
}

export function nameOf({ label, memory }: Pick<Summary, 'label' | 'memory'>, sizes: boolean): string {
  return escaped(sizes ? `${label}, ${memory} MB` : label);
}

function anchorOf(percent: number): 'start' | 'middle' | 'end' {
  if (percent < 5) return 'start';
  return percent > 95 ? 'end' : 'middle';
}
