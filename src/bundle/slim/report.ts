/** What slimming keeps and drops of each package, and why. */
import type { Artifact, Lock } from '../../types.ts';
import { ownersOf, plain, sourceOf } from '../owners.ts';
import type { Slimmed } from './slim.ts';

export interface SlimRow {
  /** Distribution. */
  name: string;
  kept: { files: number; bytes: number };
  dropped: { files: number; bytes: number };
  /** One line. */
  why: string;
}

const WORDS: [string, string][] = [
  ['imported', 'imported'],
  ['opened', 'opened'],
  ['mapped', 'mapped'],
  ['lazy', 'imported in functions'],
];

/** Largest savings first. */
export function slimRows(lock: Lock, whole: Artifact, slimmed: Slimmed): SlimRow[] {
  const kept = new Set(slimmed.dependencies.entries.map((entry) => entry.path));
  const owners = ownersOf(whole);
  const rows = new Map<string, SlimRow & { reasons: Map<string, number> }>();
  for (const { path: file, size } of whole.entries) {
    const owner = owners.get(file) ?? 'other files';
    const row = rows.get(owner) ?? { name: owner, kept: { files: 0, bytes: 0 }, dropped: { files: 0, bytes: 0 }, why: '', reasons: new Map() };
    rows.set(owner, row);
    const side = kept.has(file) ? row.kept : row.dropped;
    side.files += 1;
    side.bytes += size;
    const reason = kept.has(file) && sourceOf(file) === file ? (slimmed.touched[file] ?? 'beside') : null;
    if (reason !== null) row.reasons.set(reason, (row.reasons.get(reason) ?? 0) + 1);
  }
  const target = new Set(lock.packages.filter((each) => each.forTarget === true).map((each) => plain(each.name)));
  const keptWhole = new Set(slimmed.whole.map(plain));
  const told = [...rows.values()].map(({ reasons, ...row }): SlimRow => ({ ...row, why: whyOf(row, reasons, { target: target.has(row.name), back: keptWhole.has(row.name) }) }));
  return told.sort((a, b) => b.dropped.bytes - a.dropped.bytes || (a.name < b.name ? -1 : 1));
}

function whyOf({ kept, dropped }: SlimRow, reasons: Map<string, number>, { target, back }: { target: boolean; back: boolean }): string {
  if (target) return 'whole: the target needs it';
  if (back) return 'whole: without a part of it the package failed';
  if (kept.files === 0) return 'never touched';
  if (dropped.files === 0) return 'whole: little to save';
  const parts = WORDS.flatMap(([reason, words]) => (reasons.has(reason) ? [`${reasons.get(reason)} ${words}`] : []));
  const beside = reasons.get('beside');
  return [...parts, ...(beside === undefined ? [] : [`${beside} beside them`])].join(', ');
}
