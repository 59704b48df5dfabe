/** Each call at the time at which it was due. */
import type { Gap } from '../report.ts';
import { isAnswered, type Series, type Timed } from '../timed.ts';
import { type Axis, logAxis } from './axis.ts';
import { escaped, msText, short } from './words.ts';

const HEIGHT = 220;
const TOP = 22;
/** Points beyond which a page becomes slow. */
const MOST_POINTS = 1500;

/** The load of one memory size, stage by stage. */
export function overTime(load: readonly Series[]): string {
  const calls = load.flatMap((each) => each.calls);
  if (calls.length === 0) return '';
  const long = load.reduce((sum, { seconds }) => sum + (seconds ?? 0), 0) * 1000;
  const axis = logAxis(calls.map(({ ms }) => ms));
  const every = Math.ceil(calls.length / MOST_POINTS);
  // Failures and the slowest are what is looked for: all of them are there.
  const slow = calls.map(({ ms }) => ms).toSorted((a, b) => b - a)[Math.ceil(calls.length / 100)] ?? Infinity;
  const points = calls.filter((each, at) => at % every === 0 || each.ms > slow || !isAnswered(each)).map((each) => point(each, (100 * each.dueMs) / long, axis));
  let begun = 0;
  const stages = load.map(({ label, seconds }) => {
    const x = short((100 * begun * 1000) / long);
    begun += seconds ?? 0;
    return `<line class="grid" x1="${x}%" x2="${x}%" y1="0" y2="${HEIGHT}"/><text class="stage" x="${x}%" y="12" dx="3">${escaped(label.replace(/ users?$/, ''))}</text>`;
  });
  const seconds = Math.round(long / 1000);
  const said = every === 1 ? `all ${calls.length} calls` : `one of ${every} calls, all that failed, and the slowest in a hundred`;
  return plot({
    axis,
    inside: [...stages, ...points].join(''),
    label: `Latency of ${calls.length} calls over ${seconds} seconds`,
    below: `<span>0 s</span><span>users, or calls per second, above</span><span>${seconds} s</span>`,
    key: `${said}; orange: waited for a worker's start; red: failed; logarithmic`,
  });
}

export function atGaps(gaps: readonly Gap[]): string {
  const axis = logAxis(gaps.map(({ ms }) => ms));
  const long = Math.max(1, ...gaps.map(({ minute }) => minute));
  const stems = gaps.map(({ minute, ms, coldMs, what }) => {
    const x = 2 + (94 * minute) / long;
    const kind = !/^[123]/.test(what) ? 'failed' : coldMs === null ? 'warm' : 'cold';
    const y = yOf(axis, ms);
    return `<line class="stem ${kind}" x1="${short(x)}%" x2="${short(x)}%" y1="${HEIGHT}" y2="${y}"/><circle class="${kind}" cx="${short(x)}%" cy="${y}" r="5"/>
<text class="stage" x="${short(x)}%" y="${Number(y) - 9}" text-anchor="${x > 90 ? 'end' : 'start'}">${msText(ms)}</text>`;
  });
  return plot({
    axis,
    inside: stems.join(''),
    label: `Latency at minutes ${gaps.map(({ minute }) => minute).join(', ')}`,
    below: `<span>minute 0</span><span>minute ${long}</span>`,
    key: "orange: waited for a worker's start; red: failed; logarithmic",
  });
}

function point(call: Timed, x: number, axis: Axis): string {
  const kind = !isAnswered(call) ? 'failed' : call.coldMs === null ? 'warm' : 'cold';
  return `<circle class="${kind}" cx="${short(x)}%" cy="${yOf(axis, call.ms)}" r="${kind === 'warm' ? 2 : 4}"/>`;
}

function yOf(axis: Axis, ms: number): string {
  return short(HEIGHT - ((HEIGHT - TOP) * axis.at(ms)) / 100);
}

/** The axis has a column of its own, so that the plot may be of any width. */
function plot({ axis, inside, label, below, key }: { axis: Axis; inside: string; label: string; below: string; key: string }): string {
  const ticks = axis.ticks.map((tick) => `<text x="100%" dx="-6" y="${yOf(axis, tick)}" dy="4" text-anchor="end">${msText(tick).replace(/\.0+ /, ' ')}</text>`);
  const lines = axis.ticks.map((tick) => `<line class="grid" x1="0" x2="100%" y1="${yOf(axis, tick)}" y2="${yOf(axis, tick)}"/>`);
  return `<div class="plot"><svg class="scale" aria-hidden="true" height="${HEIGHT + 6}">${ticks.join('')}</svg>
<svg class="field" role="img" aria-label="${label}" height="${HEIGHT + 6}">${lines.join('')}${inside}</svg>
<span></span><div class="below">${below}</div></div>
<p class="key">${key}</p>`;
}
