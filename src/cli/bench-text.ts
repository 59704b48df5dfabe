/** A measurement as lines of a terminal. */
import type { Report, Summary } from '../bench/index.ts';
import type { Planned } from '../pipeline.ts';
import type { View } from './command.ts';
import { countText, durationText } from './format.ts';
import { labelled, table } from './lines.ts';

export function plannedLines(planned: Planned, { paint }: View): string[] {
  return [...labelled(paint.bold, 'plan', plannedText(planned)), ...labelled(paint.dim, '', 'nothing was called (--dry-run)')];
}

/** What is going to be called, and what it costs roughly. */
export function plannedText({ function: name, release, target, memory, calls, most, seconds, dollars, scenario, speed }: Planned): string {
  const sizes = memory.length > 1 ? ` in ${memory.length} sizes` : '';
  const cost = dollars === null ? '' : `, roughly ${dollarText(dollars)}`;
  const compressed = scenario === 'gaps' && speed !== 1 ? `\nminutes pass ${speed} times as fast as on the clock` : '';
  return `${name} release ${release} on ${target}${sizes}: about ${countText(calls, 'call')} in ${timeText(seconds)}, at most ${most}${cost}${compressed}`;
}

export function benchLines(report: Report & { html: string | null }, { paint }: View): string[] {
  const { function: name, release, target, memory, series, costs, method, interrupted, limited, html } = report;
  const sizes = series.some((each) => each.memory !== memory);
  const [head = '', ...rows] = table(
    toTheRight([['', ...(sizes ? ['memory'] : []), 'calls', 'errors', 'ok/s', 'min', 'p50', 'p90', 'p99', 'max', 'starts'],
    ...series.flatMap((each) => (each.phase === 'gaps' ? [] : [row(each, sizes)]))]),
  );
  return [
    ...labelled(paint.bold, 'of', `${name} release ${release} on ${target}${sizes ? '' : `  ${memory} MB`}`),
    ...(rows.length === 0 ? [] : [paint.dim(head), ...rows]),
    ...series.flatMap((each) => errorLines(each, sizes, paint)),
    ...gapLines(report),
    ...costLines(costs, paint),
    ...labelled(paint.dim, 'how', method.join('\n')),
    ...(limited ? labelled(paint.yellow, 'limit', 'the limit on calls came before the end; raise it with --max-calls') : []),
    ...(interrupted ? labelled(paint.yellow, 'stop', 'Ctrl-C: this is what there was until then') : []),
    ...(html === null ? [] : labelled(paint.bold, 'page', html)),
  ];
}

const BASIS = { billed: 'as billed', handler: 'measured in the handler', 'round-trip': 'as seen from here' };

/** Figures with their units, in columns. */
function toTheRight(rows: string[][]): string[][] {
  const widths = rows[0]!.map((_, at) => Math.max(...rows.map((cells) => cells[at]!.length)));
  return rows.map((cells) => cells.map((cell, at) => (at === 0 ? cell : cell.padStart(widths[at]!))));
}

function row({ label, memory, calls, answered, perSecond, latency, starts }: Summary, sizes: boolean): string[] {
  const times = latency === null ? ['-', '-', '-', '-', '-'] : [latency.min, latency.p50, latency.p90, latency.p99, latency.max].map(durationText);
  const per = perSecond === null ? '-' : perSecond >= 100 ? perSecond.toFixed(0) : perSecond.toFixed(1);
  return [label, ...(sizes ? [`${memory} MB`] : []), ...[calls, calls - answered].map(String), per, ...times, String(starts?.count ?? 0)];
}

function errorLines({ label, memory, errors }: Summary, sizes: boolean, paint: View['paint']): string[] {
  if (errors.length === 0) return [];
  const text = errors.map(({ what, count }) => `${count} of ${what}`).join(', ');
  return labelled(paint.red, 'errors', `${label}${sizes ? ` with ${memory} MB` : ''}: ${text}`);
}

function gapLines({ gaps }: Report): string[] {
  if (gaps.length === 0) return [];
  return table([
    ['minute', 'after', 'memory', 'answer', 'latency', 'start'],
    ...gaps.map(({ minute, idle, memory, what, ms, coldMs }) => [minute, idle === null ? '-' : `${idle} min`, `${memory} MB`, what, durationText(ms), coldMs === null ? 'warm' : durationText(coldMs)]),
  ]);
}

function costLines(costs: Report['costs'], paint: View['paint']): string[] {
  if (costs.length === 0) return [];
  const rows = table(
    costs.map(({ platform, memoryMb, perMillionPredictions, billedMs, basis }) => [
      `${dollarText(perMillionPredictions)} per million predictions`,
      platform,
      `${memoryMb} MB`,
      `${durationText(billedMs)} a call, ${BASIS[basis]}`,
    ]),
  );
  const prices = new Set(costs.map((cost) => `prices: ${cost.prices}`));
  const assumed = new Set(costs.flatMap((cost) => cost.assumed.map((each) => `assumed: ${each}`)));
  return labelled(paint.bold, 'cost', rows.join('\n'), [...prices, ...assumed].join('\n'));
}

/** Small sums are not nothing: two figures that count. */
function dollarText(dollars: number): string {
  if (dollars === 0 || dollars >= 1) return `$${dollars.toFixed(2)}`;
  return `$${dollars.toFixed(Math.max(2, 1 - Math.floor(Math.log10(dollars))))}`;
}

function timeText(seconds: number): string {
  return seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.round(seconds / 60)} min`;
}
