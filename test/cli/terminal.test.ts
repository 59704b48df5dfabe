/** On a terminal: prompts, the spinner, Ctrl-C as a person presses it. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { python } from '../python.ts';
import { bin, temporaryFolder } from './lab.ts';

const cwd = temporaryFolder();
const heart = path.join(import.meta.dirname, '../../examples/heart-disease/model.joblib');
copyFileSync(heart, path.join(cwd, 'a.joblib'));
copyFileSync(heart, path.join(cwd, 'b.joblib'));

/** Types each text once what stands before it was printed. */
function onTerminal(argv: string[], keys: [seen: string, typed: string][] = [], columns = 120, home = '.home'): { code: number; output: string } {
  const script = path.join(import.meta.dirname, 'terminal.py');
  const env = { ...process.env, TERM: 'xterm', MLFN_HOME: path.resolve(cwd, home), CI: undefined };
  const said = execFileSync(python, [script, String(columns), JSON.stringify(keys), process.execPath, bin, ...argv], { cwd, env, encoding: 'utf8' });
  const { code, output } = JSON.parse(said);
  // oxlint-disable-next-line no-control-regex -- terminal control sequences
  return { code, output: output.replace(/\u001B\[[0-9;?]*[a-zA-Z]/g, '').replaceAll('\r', '') };
}

const DOWN = '\u001B[B';
const ERASE = '\u007F';

describe('init on a terminal', () => {
  it('asks which model and which name, says what is wrong with one, and asks before it writes over', () => {
    const { code, output } = onTerminal(['init'], [
      ['Which model?', `${DOWN}\r`],
      ['Name of the function', 'No Name\r'],
      ['e.g. no-name', `${ERASE.repeat(7)}heart\r`],
    ]);
    expect([code, output]).toEqual([0, expect.stringContaining('mlfn.yaml')]);
    const written = readFileSync(path.join(cwd, 'mlfn.yaml'), 'utf8');
    expect(written).toMatch(/^name: heart\nmodel: b\.joblib\n/);

    const kept = onTerminal(['init'], [['Write over it?', '\r']]);
    expect([kept.code, kept.output]).toEqual([2, expect.stringContaining('is there already')]);
    const stopped = onTerminal(['init'], [['Write over it?', '\u0003']]);
    expect([stopped.code, stopped.output]).toEqual([130, expect.stringContaining('nothing was changed')]);
    expect(readFileSync(path.join(cwd, 'mlfn.yaml'), 'utf8')).toBe(written);
  });
});

describe('help on a terminal', () => {
  it('is laid out for its width', () => {
    const said = [120, 80, 40].map((columns) => onTerminal(['--help'], [], columns).output);
    expect(new Set(said).size).toBe(3);
    expect(said).toEqual([120, 80, 40].map((columns) => onTerminal(['help'], [], columns).output));
  });
});

describe('waiting on a terminal', () => {
  it.each([120, 20, 1, 0])('%i columns wide comes to an end', (columns) => {
    const { code, output } = onTerminal(['doctor'], [], columns);
    expect([code, output]).toEqual([0, expect.stringContaining('mlfn can work here.')]);
  });

  it('can be broken off with Ctrl-C', () => {
    // In a fresh home the interpreters are looked at anew, which takes a while.
    const { code, output } = onTerminal(['doctor'], [['looking at', '\u0003']], 80, path.join(cwd, 'fresh'));
    expect([code, output]).toEqual([130, expect.stringContaining('[INTERRUPTED]')]);
    expect(output).not.toContain('mlfn can work here.');
  });
});
