/**
 * Logging's query language, the part that a tool needs: comparisons joined by AND, OR and NOT, with parentheses; fields by
 * dots with quoted parts; `=`, `!=`, `<`, `<=`, `>`, `>=`, `:` (has) and `=~`. Source: https://cloud.google.com/logging/docs/view/logging-query-language
 */
import type { Entry } from '../logs.ts';
import { Status } from '../status.ts';

type Test = (entry: Entry) => boolean;

const SEVERITIES = ['DEFAULT', 'DEBUG', 'INFO', 'NOTICE', 'WARNING', 'ERROR', 'CRITICAL', 'ALERT', 'EMERGENCY'];
const TOKEN = /\s*(?:--[^\n]*|("(?:[^"\\]|\\.)*")|(<=|>=|!=|=~|!~|=|<|>|:|\(|\))|([^\s()=<>!:"]+(?:"(?:[^"\\]|\\.)*"[^\s()=<>!:"]*)*))/y;

export function matcher(filter: string): Test {
  const tokens = split(filter);
  let at = 0;
  const peek = () => tokens[at];
  const refuse = () => new Status('INVALID_ARGUMENT', `Unparseable filter: syntax error at line 1, token '${peek() ?? 'end'}' of: ${filter}`);
  const either = (): Test => {
    const tests = [all()];
    while (peek() === 'OR') tests.push((at++, all()));
    return (entry) => tests.some((test) => test(entry));
  };
  const all = (): Test => {
    const tests = [one()];
    while (peek() !== undefined && peek() !== ')' && peek() !== 'OR') {
      if (peek() === 'AND') at += 1;
      tests.push(one());
    }
    return (entry) => tests.every((test) => test(entry));
  };
  const one = (): Test => {
    const token = tokens[at++];
    if (token === undefined) throw refuse();
    if (token === 'NOT' || token === '-') return not(one());
    if (token === '(') {
      const inner = either();
      if (tokens[at++] !== ')') throw refuse();
      return inner;
    }
    const operator = peek();
    if (operator === undefined || !/^[=<>!:~]+$/.test(operator)) {
      if (token.startsWith('"')) return (entry) => JSON.stringify(entry).includes(text(token));
      throw refuse();
    }
    at += 1;
    return compared(token, operator, value());
  };
  const value = (): string[] => {
    if (peek() !== '(') {
      const token = tokens[at++];
      if (token === undefined) throw refuse();
      return [text(token)];
    }
    const values: string[] = [];
    for (at += 1; peek() !== ')'; at += 1) {
      if (peek() === undefined) throw refuse();
      if (peek() !== 'OR') values.push(text(peek() as string));
    }
    at += 1;
    return values;
  };
  if (tokens.length === 0) return () => true;
  const test = either();
  if (at < tokens.length) throw refuse();
  return test;
}

function split(filter: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  const end = filter.trimEnd().length;
  while (TOKEN.lastIndex < end) {
    const before = TOKEN.lastIndex;
    const found = TOKEN.exec(filter);
    if (!found) throw new Status('INVALID_ARGUMENT', `Unparseable filter: syntax error at column ${before} of: ${filter}`);
    const token = found[1] ?? found[2] ?? found[3];
    if (token !== undefined) tokens.push(token);
  }
  return tokens;
}

function text(token: string): string {
  return token.startsWith('"') ? token.slice(1, -1).replace(/\\(.)/g, '$1') : token;
}

function not(test: Test): Test {
  return (entry) => !test(entry);
}

function compared(field: string, operator: string, wanted: string[]): Test {
  const path = [...field.matchAll(/"((?:[^"\\]|\\.)*)"|([^."]+)/g)].map(([, quoted, plain]) => (quoted ?? plain) as string);
  return (entry) => wanted.some((one) => holds(read(entry, path), operator, one, path[0] === 'severity'));
}

function read(entry: Entry, path: string[]): unknown {
  let value: unknown = entry;
  for (const part of path) value = (value as Record<string, unknown> | undefined)?.[part];
  return value ?? (path[0] === 'severity' ? 'DEFAULT' : undefined);
}

function holds(value: unknown, operator: string, wanted: string, severity: boolean): boolean {
  if (value === undefined) return operator === '!=' || operator === '!~';
  const own = typeof value === 'object' ? JSON.stringify(value) : String(value);
  if (operator === ':') return wanted === '*' || own.toLowerCase().includes(wanted.toLowerCase());
  if (operator === '=~') return new RegExp(wanted).test(own);
  if (operator === '!~') return !new RegExp(wanted).test(own);
  const order = severity ? SEVERITIES.indexOf(own) - SEVERITIES.indexOf(wanted) : compare(own, wanted);
  return { '=': order === 0, '!=': order !== 0, '<': order < 0, '<=': order <= 0, '>': order > 0, '>=': order >= 0 }[operator] as boolean;
}

/** Times to the nanosecond, numbers as numbers, else text. */
function compare(own: string, wanted: string): number {
  if (/^\d{4}-\d\d-\d\dT/.test(own) && /^\d{4}-\d\d-\d\d/.test(wanted)) return text9(own) < text9(wanted) ? -1 : text9(own) > text9(wanted) ? 1 : 0;
  if (own !== '' && Number.isFinite(Number(own)) && Number.isFinite(Number(wanted))) return Number(own) - Number(wanted);
  return own < wanted ? -1 : own > wanted ? 1 : 0;
}

function text9(time: string): string {
  const [, day = '', clock = '00:00:00', fraction = ''] = /^([\d-]+)(?:T([\d:]+)(?:\.(\d+))?)?/.exec(time) ?? [];
  return `${day}T${clock}.${fraction.padEnd(9, '0')}`;
}
