// One part of the measurements as Markdown. What a part is: record.mjs.
import { median, spread } from './statistics.mjs';

/** @returns the section of the page */
export function sectionOf(result) {
  const { title, text, facts, tables, aims } = result;
  const blocks = [`## ${title}${chosenOf(result)}`, ...text, list([...circumstances(result), ...facts]), ...tables.map(tableOf)];
  if (aims.length > 0) blocks.push(list(aims.map((aim) => `${isMet(aim) ? 'met' : '**missed**'}: ${sentenceOf(aim)}`)));
  return blocks.join('\n\n');
}

/** Every aim of every part in one table: of what was measured again, the last. */
export function aimsOf(results) {
  const told = results.flatMap(({ part, title, date, aims }) => aims.map((aim) => ({ part, title, date, aim })));
  const isLast = (one) => told.every((other) => other.part !== one.part || other.aim.aim !== one.aim.aim || other.date <= one.date);
  const rows = told.filter(isLast).map(({ title, aim }) => ({ name: title, cells: [aim.aim, wanted(aim), measured(aim), aim.values.length, isMet(aim) ? 'met' : '**missed**'] }));
  return tableOf({ title: 'part', columns: ['aim', 'wanted', 'measured', 'n', ''].map((name) => ({ name, digits: 0 })), rows }, { counted: false });
}

export function isMet({ values, least, most }) {
  if (values.length === 0) return false;
  return least === undefined ? median(values) <= most : median(values) >= least;
}

/** Of a run that left something out: what was asked for. */
function chosenOf({ command }) {
  const words = command.split(' -- ')[1]?.split(' ').filter((word) => !/^\d+$/.test(word)) ?? [];
  return words.length === 0 ? '' : `, \`${words.join(' ')}\``;
}

function circumstances({ command, date, commit, machine, load, versions }) {
  return [
    `\`${command}\`, ${date.slice(0, 16).replace('T', ' ')} UTC, commit ${commit}`,
    Object.entries(versions).map(([name, version]) => `${name} ${version}`).join(', '),
    `${machine}, load average ${spread(load, 1)}`,
  ];
}

const list = (lines) => lines.map((line) => `- ${line}`).join('\n');
const wanted = ({ least, most }) => (least === undefined ? `at most ${most}` : `at least ${least}`);
const measured = ({ values, digits = 1, why }) => (values.length === 0 ? `not measured: ${why}` : spread(values, digits) + (why === undefined ? '' : `; ${why}`));
const sentenceOf = (aim) => `${aim.aim}, ${wanted(aim)}: ${measured(aim)}${aim.values.length > 1 ? `, n ${aim.values.length}` : ''}`;

function tableOf({ title, columns, rows }, { counted = true } = {}) {
  const head = [title, ...(counted ? ['n'] : []), ...columns.map(({ name }) => name)];
  const lines = rows.map(({ name, cells }) => {
    const n = Math.max(0, ...cells.map((cell) => (Array.isArray(cell) ? cell.length : 0)));
    return [name, ...(counted ? [n || ''] : []), ...columns.map((column, index) => cellOf(cells[index], column, n))];
  });
  return [head, head.map(() => '---'), ...lines].map((line) => `| ${line.join(' | ')} |`).join('\n');
}

/** Samples that are fewer than the row's others say so. */
function cellOf(cell, { digits = 2 }, n) {
  if (typeof cell === 'number') return spread([cell], digits);
  if (!Array.isArray(cell)) return cell ?? '';
  if (cell.length === 0) return '';
  return spread(cell, digits) + (cell.length === n ? '' : `, n ${cell.length}`);
}
