import type { Cost } from '../prices.ts';
import type { Report } from '../report.ts';
import { nameOf } from './bars.ts';
import { dollarText, escaped, msText, perSecondText } from './words.ts';

export function seriesTable({ series }: Report, sizes: boolean): string {
  const rows = series.map((each) => {
    const { latency, handler, starts } = each;
    const times = (['min', 'p50', 'p90', 'p99', 'max'] as const).map((key) => (latency === null ? '-' : msText(latency[key])));
    return [
      nameOf(each, sizes),
      String(each.calls),
      String(each.calls - each.answered),
      each.perSecond === null ? '-' : perSecondText(each.perSecond),
      ...times,
      handler === null ? '-' : msText(handler.p50),
      starts === null ? '0' : `${starts.count} (p50 ${msText(starts.p50)})`,
    ];
  });
  return tableOf(['', 'calls', 'errors', 'answers/s', 'min', 'p50', 'p90', 'p99', 'max', 'in the handler, p50', 'starts of workers'], rows);
}

const BASIS = { billed: 'as billed', handler: 'measured in the handler', 'round-trip': 'as seen from here' };

export function costTable(costs: readonly Cost[]): string {
  if (costs.length === 0) return '<p>There is no warm answer to put a price on.</p>';
  const rows = costs.map(({ platform, memoryMb, billedMs, basis, perMillionPredictions, perMillionCalls }) => [
    platform,
    `${memoryMb} MB`,
    `${msText(billedMs)} (${BASIS[basis]})`,
    dollarText(perMillionCalls),
    dollarText(perMillionPredictions),
  ]);
  const notes = [...new Set(costs.flatMap(({ prices, assumed }) => [`prices: ${prices}`, ...assumed.map((each) => `assumed: ${each}`)]))];
  return `${tableOf(['platform', 'memory', 'paid for, mean', 'a million calls', 'a million predictions'], rows)}
<ul>${notes.map((note) => `<li>${escaped(note)}</li>`).join('')}</ul>`;
}

function cells(kind: 'td' | 'th', row: string[]): string {
  return `<tr>${row.map((cell) => `<${kind}>${cell}</${kind}>`).join('')}</tr>`;
}

/** Cells are HTML. It scrolls by itself where it is wider than the screen. */
function tableOf(head: string[], rows: string[][]): string {
  return `<div class="wide" tabindex="0"><table><thead>${cells('th', head)}</thead><tbody>${rows.map((row) => cells('td', row)).join('\n')}</tbody></table></div>`;
}
