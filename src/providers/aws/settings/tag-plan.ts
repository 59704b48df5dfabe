/** What a function's tags should be, as data: those of the configuration, mlfn's own, and others', which are left alone. */
import { createHash } from 'node:crypto';
import { TAG, TAG_VALUE } from '../names.ts';
import { TAGS_TAG } from './marks.ts';

/** A tag's value has 256 characters: 45 marks of 5 and spaces between would be too many, so there are none. */
const MARK = 5;

type Tags = Record<string, string>;

interface TagChange {
  set: Tags;
  unset: string[];
}

/** What a function of this configuration is made with. */
export function allTags(configured: Tags): Tags {
  const names = Object.keys(configured);
  return { ...configured, [TAG]: TAG_VALUE, ...(names.length === 0 ? {} : { [TAGS_TAG]: marksOf(names) }) };
}

/** Null when nothing is to be changed. */
export function tagChange(configured: Tags, found: Tags): TagChange | null {
  const marks = found[TAGS_TAG] ?? '';
  const unset = Object.keys(found).filter((name) => !(name in configured) && !isOwn(name) && isMarked(marks, name));
  const wanted = allTags(configured);
  if (TAGS_TAG in found && !(TAGS_TAG in wanted)) unset.push(TAGS_TAG);
  const set = Object.fromEntries(Object.entries(wanted).filter(([name, value]) => found[name] !== value));
  return Object.keys(set).length === 0 && unset.length === 0 ? null : { set, unset };
}

/** `team=risk, -owner` */
export function tagText({ set, unset }: TagChange): string {
  const shown = Object.entries(set).filter(([name]) => !isOwn(name)).map(([name, value]) => `${name}=${value}`);
  return [...shown, ...unset.filter((name) => !isOwn(name)).map((name) => `-${name}`)].join(', ');
}

function marksOf(names: string[]): string {
  return names.map(markOf).sort().join('');
}

function isMarked(marks: string, name: string): boolean {
  for (let at = 0; at < marks.length; at += MARK) if (marks.slice(at, at + MARK) === markOf(name)) return true;
  return false;
}

function markOf(name: string): string {
  return createHash('sha256').update(name).digest('hex').slice(0, MARK);
}

function isOwn(name: string): boolean {
  return name === TAG || name.startsWith(`${TAG}:`);
}
